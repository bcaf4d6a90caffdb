/** What a browser tells of itself; its `navigator` is one. */
export interface BrowserFacts {
  readonly userAgent: string;
  /** Tells an iPad from the Mac that it claims to be; workers do not know it. */
  readonly maxTouchPoints?: number;
}

/** What helps in a browser without WebGPU or without an adapter, as a word that a page has a text for. */
export type BrowserAdvice =
  | "insecure"
  | "chromium"
  | "chromiumLinux"
  | "chromiumAndroid"
  | "firefoxWindows"
  | "firefoxMac"
  | "firefoxLinux"
  | "firefoxAndroid"
  | "safari"
  | "ios"
  | "other";

/** What helps here. @param secure whether the page is a secure context. */
export function browserAdvice(
  { userAgent, maxTouchPoints = 0 }: BrowserFacts,
  secure: boolean,
): BrowserAdvice {
  if (!secure) return "insecure";
  const has = (pattern: RegExp) => pattern.test(userAgent);
  if (has(/iPhone|iPad|iPod/) || (has(/Macintosh/) && maxTouchPoints > 1)) return "ios";
  if (has(/Firefox\//)) {
    if (has(/Android/)) return "firefoxAndroid";
    if (has(/Windows/)) return "firefoxWindows";
    return has(/Macintosh/) ? "firefoxMac" : "firefoxLinux";
  }
  if (has(/Chrom(e|ium)\//)) {
    if (has(/Android/)) return "chromiumAndroid";
    return has(/Linux/) ? "chromiumLinux" : "chromium";
  }
  return has(/Safari\//) ? "safari" : "other";
}
