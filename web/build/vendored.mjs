// The wheels that the project carries, because no registry of the page's build has them.

import { join } from "node:path";
import { bytesOf, fileHash } from "./content.mjs";
import { VENDOR_FOLDER } from "./paths.mjs";

export const NUMPY = {
  file: "numpy-2.4.6-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
  sha256: "7aa0476fb836e689bf4c6819475f36eb832bb005aa7394d697fcf99774b79218",
};
export const MICROPIP = {
  file: "micropip-0.11.1-py3-none-any.whl",
  sha256: "768de165adb8e66906039d8fec4127a57f522dfdf8e6fbff877a4616941ecfd3",
};

/** @param {{file: string, sha256: string}} wheel */
export function vendored(wheel) {
  const bytes = bytesOf(join(VENDOR_FOLDER, wheel.file));
  if (fileHash(bytes) !== wheel.sha256)
    throw new Error(`web/vendor/${wheel.file} is not the file that the build expects`);
  return bytes;
}
