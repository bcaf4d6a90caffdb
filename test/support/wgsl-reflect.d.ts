/** The package's main file does not load as an ES module in Node; the file that does has no types of its own. */
declare module "wgsl_reflect/wgsl_reflect.module.js" {
  export * from "wgsl_reflect";
}
