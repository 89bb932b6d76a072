declare module "virtual:engine-manifest" {
  const manifest: import("./engine/manifest").EngineManifest;
  export default manifest;
}

declare module "virtual:site" {
  const site: import("./page/site").Site;
  export default site;
}
