import { expect, test } from "vitest";
import { en } from "../../web/text/en.ts";
import { currentLanguage, setLanguage, t } from "../../web/text/index.ts";

test("the language that is chosen last stays, also where the words of the one before take longer to come", async () => {
  await Promise.all([setLanguage("de"), setLanguage("en")]);
  expect([currentLanguage(), t()]).toEqual(["en", en]);
  await Promise.all([setLanguage("en"), setLanguage("de")]);
  expect([currentLanguage(), t().app.menu]).toEqual(["de", "Menü"]);
});
