// The .br and .gz files beside the site's files, for hosts that serve them. Nothing needs them.

import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip as gzipBytes } from "node:zlib";
import { remembered, tree, write } from "./content.mjs";
import { SITE_FOLDER } from "./paths.mjs";
import { program } from "./script.mjs";

const COMPRESSIBLE = /\.(html|m?js|css|json|webmanifest|svg|wasm|zip|whl|bin|so|txt|md|xml|ico)$/;
/** Below this a header costs more than is saved. */
const SMALLEST_BYTES = 256;
const LARGEST_WINDOW_BITS = 24; // what every browser's decoder takes without an extension
const GZIP_LEVEL = 9;

/** @param {Uint8Array} bytes */
export const brotli = (bytes) =>
  remembered("br", ["11", bytes], () =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: LARGEST_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  );

/** @param {Uint8Array} bytes */
export const gzip = (bytes) => remembered("gz", ["9", bytes], () => promisify(gzipBytes)(bytes, { level: GZIP_LEVEL }));

/** @param {string} folder */
export async function compressSite(folder = SITE_FOLDER) {
  const files = tree(folder, (name) => COMPRESSIBLE.test(name));
  for (const [name, bytes] of files) {
    if (bytes.length < SMALLEST_BYTES) continue;
    for (const [ending, compress] of /** @type {const} */ ([
      ["br", brotli],
      ["gz", gzip],
    ])) {
      const packed = await compress(bytes);
      if (packed.length < bytes.length) write(join(folder, `${name}.${ending}`), packed);
    }
  }
}

await program(import.meta, () => compressSite());
