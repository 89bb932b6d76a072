declare module "virtual:engine-manifest" {
  const manifest: import("./engine/manifest").EngineManifest;
  export default manifest;
}
