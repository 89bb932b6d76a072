declare module "virtual:engine-manifest" {
  const manifest: import("./engine/manifest").EngineManifest;
  export default manifest;
}

declare module "virtual:offered" {
  const offered: import("./show/offered").Offered;
  export default offered;
}

declare module "virtual:site" {
  const site: import("./page/site").Site;
  export default site;
}
