import { expect, test } from "vitest";
import { type BrowserAdvice, browserAdvice } from "../../src/host/browser-advice.ts";

const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Safari/537.36";
const FIREFOX = "Gecko/20100101 Firefox/140.0";
const SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";

const BROWSERS: readonly (readonly [advice: BrowserAdvice, userAgent: string, touchPoints?: number])[] = [
  ["chromium", `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}`],
  ["chromium", `${MAC} ${CHROME}`],
  ["chromium", `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME}`],
  ["chromium", `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Edg/112.0.0.0`],
  ["chromiumLinux", `Mozilla/5.0 (X11; Linux x86_64) ${CHROME}`],
  ["chromiumAndroid", `Mozilla/5.0 (Linux; Android 10; K) ${CHROME.replace("Safari", "Mobile Safari")}`],
  ["firefoxWindows", `Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) ${FIREFOX}`],
  ["firefoxMac", `Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) ${FIREFOX}`],
  ["firefoxLinux", `Mozilla/5.0 (X11; Linux x86_64; rv:140.0) ${FIREFOX}`],
  ["firefoxAndroid", "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"],
  ["safari", `${MAC} ${SAFARI}`, 0],
  ["ios", `${MAC} ${SAFARI}`, 5],
  ["ios", `Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${SAFARI}`],
  [
    "ios",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 Safari/604.1",
  ],
  [
    "ios",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 FxiOS/140.0 Safari/604.1",
  ],
  ["other", "curl/8.5.0"],
];

test.each(BROWSERS.map(([advice, userAgent, maxTouchPoints = 0]) => ({ advice, userAgent, maxTouchPoints })))(
  "$advice: $userAgent",
  ({ advice, ...browser }) => {
    expect(browserAdvice(browser, true)).toBe(advice);
    expect(browserAdvice(browser, false)).toBe("insecure");
  },
);
