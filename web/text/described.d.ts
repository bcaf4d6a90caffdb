/** The schema as it stands: by this name the page's build leaves it alone. */
declare module "*/config-schema.ts?described" {
  export const SETTINGS: typeof import("../../src/train/config-schema.ts").SETTINGS;
}
