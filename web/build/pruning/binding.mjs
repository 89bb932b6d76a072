// Binds the interpreter, the script around it and the snapshot that was taken with both: each of the three says which engine it
// is of, and the page (web/src/engine/boot.mjs) starts none whose parts are of two. Numbers of functions and places in the
// memory fit only within one engine.

import { ENGINE_SECTION } from "../../src/engine/boot.mjs";
import { joined, named, section } from "../split/binary.mjs";
import { SECTION } from "../split/module.mjs";

/**
 * @param {string} engine a hash
 * @param {{glue: Uint8Array, module: Uint8Array}} files
 */
export function bound(engine, { glue, module }) {
  const line = new TextEncoder().encode(`\nexport const engine=${JSON.stringify(engine)};\n`);
  const mark = section(SECTION.custom, joined(named(ENGINE_SECTION), new TextEncoder().encode(engine)));
  return { glue: joined(glue, line), module: joined(module, mark) };
}
