import { expect, test } from "vitest";
import type { Machine } from "../../src/host/setup-plan.ts";
import { planForBrowsers } from "../support/browsers.ts";

const CONTAINER: Machine = {
  platform: "linux",
  arch: "x64",
  release: { ID: "debian", VERSION_CODENAME: "bookworm" },
  aptSources: [],
  mesa: undefined,
  root: true,
  sudo: false,
  container: true,
  ci: false,
  installForbidden: false,
  driverOverride: undefined,
};

test("in a container of Debian both browsers are installed from its archive", () => {
  const plan = planForBrowsers(["chromium", "firefox"], CONTAINER);
  expect(plan.automatic).toBe(true);
  expect(plan.commands).toEqual([
    "apt-get update",
    "apt-get install -y --no-install-recommends chromium firefox-esr",
  ]);
});

test("only what is missing is installed", () => {
  expect(planForBrowsers(["firefox"], CONTAINER).commands.at(-1)).toMatch(/recommends firefox-esr$/);
});

test.each([
  ["a person's machine", { container: false, root: false, sudo: true }],
  ["a machine where installing is forbidden", { installForbidden: true }],
])("%s is left alone and told the commands", (_, facts) => {
  const { automatic, hint } = planForBrowsers(["chromium"], { ...CONTAINER, ...facts });
  expect(automatic).toBe(false);
  expect(hint).toMatch(/apt-get install -y --no-install-recommends chromium$/);
});

test("elsewhere the programs are named that PATH must have", () => {
  const plan = planForBrowsers(["firefox"], { ...CONTAINER, release: { ID: "ubuntu" } });
  expect(plan.commands).toEqual([]);
  expect(plan.automatic).toBe(false);
  expect(plan.hint).toContain("firefox-esr");
});
