// Which static data the hot half keeps.

import { parsed } from "./module.mjs";

/** Where the last segment ends. @param {Uint8Array} bytes */
export function endOfData(bytes) {
  const { data } = parsed(bytes);
  return Math.max(0, ...data.map(({ address = 0, bytes }) => address + bytes.length));
}
