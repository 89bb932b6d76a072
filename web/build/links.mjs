// A stage (stages.mjs): the links of Python's collector are made at the start instead of being loaded.
//
// Before every object that the collector knows, fifty thousand, lie the addresses of the next one and of the one before: words that no
// compression finds a rule in. In the snapshot all are in one ring ("frozen": no collection looks at them again), in the order of
// their places (snapshot.mjs). So it is enough to say which places these are; `link` in web/src/engine/boot.mjs writes the rest.

import { LINK_FLAGS, WORD_BYTES } from "../src/engine/boot.mjs";
import { runsOf } from "./snapshot.mjs";
import { unsigned } from "./split/binary.mjs";

const LINKS = 2; // to the next and to the one before

/**
 * @param {import("./stages.mjs").Parts} parts
 * @returns {Promise<import("./stages.mjs").Parts>}
 */
export async function linkedLater(parts) {
  const { snapshot } = parts;
  if (snapshot === null) throw new Error("the memory of the start has to be there before");
  const { ring, changes } = snapshot;
  return { ...parts, snapshot: { ...snapshot, changes: withoutLinks(changes, ring), links: placesOf(ring) } };
}

/**
 * The same changes with nothing but flags in the links.
 * @param {Uint8Array} changes
 * @param {number[]} ring places of the links, in ascending order
 */
export function withoutLinks(changes, ring) {
  const written = changes.slice();
  const words = new DataView(written.buffer, written.byteOffset, written.byteLength);
  const runs = runsOf(changes).values();
  let found = runs.next().value;
  for (const link of ring.flatMap((place) => Array.from({ length: LINKS }, (_, index) => place + index * WORD_BYTES))) {
    while (found !== undefined && link >= found.offset + found.length) found = runs.next().value;
    if (found === undefined || link < found.offset) throw new Error("a link of the collector is not among the changes");
    const at = found.place + link - found.offset;
    words.setUint32(at, words.getUint32(at, true) & LINK_FLAGS, true);
  }
  return written;
}

/** As `link` reads them: how many, then the steps from one to the next. @param {number[]} ring */
export function placesOf(ring) {
  const steps = ring.map((place, index) => place - (ring[index - 1] ?? 0));
  if (steps.some((step) => step <= 0 || step % WORD_BYTES !== 0)) throw new Error("links lie where they cannot be");
  return Uint8Array.from([ring.length, ...steps.map((step) => step / WORD_BYTES)].flatMap(unsigned));
}
