// Which of the interpreter's read-only data the hot half keeps.
//
// Code names data by address, and so does data. Every address that either of them may mean (a number that could be one is one)
// begins a piece, which ends where the next begins. The hot half keeps
//
//   what hot code names, up to what other code or changing data name: any number in data could be the address of
//     an array's middle; and some bytes more, since code also names the place before an array that begins at another number;
//   what a recorded visit has read (visits.py);
//   names that data which changes points to: of types, methods, options;
//   and what any of those may point to.
//
// Everything else is named by cold code alone, or is a long text or a table that only data points to: codecs of other
// scripts, documentation. Nothing proves that hot code never reads these through a pointer. What is asked of the
// engine before the cold half is there is therefore what was recorded (web/src/engine/unforeseen.ts), and that the data of the
// recorded visits is kept is checked (tests/web/node/halves.test.mjs).
//
// The cold half writes its data when it is instantiated, so it may have only what nobody has written to: what lies well below
// the first byte that Python's start has changed, where compilers put constants.

import { Reader } from "./binary.mjs";
import { walk } from "./instructions.mjs";
import { parsed } from "./module.mjs";
import { PIECE_BYTES } from "./recorder.mjs";

/** @typedef {import("./halves.mjs").SharedData} SharedData */
/** @typedef {import("./module.mjs").Module} Module */

/** Between constants and the first changed byte may lie variables that the start did not change. */
const MARGIN_BYTES = 2 ** 16;
/** Of a name, with the zero behind it. */
const LONGEST_NAME_BYTES = 32;
/** Names are in ASCII. */
const [FIRST_LETTER, LAST_LETTER] = [0x20, 0x7e];
const BEHIND_BYTES = 64;
const WORD_BYTES = 4;
/** A segment costs some bytes: shorter gaps are kept. */
const SMALLEST_GAP_BYTES = 32;
/** In a segment of the hot half: they compress to nothing, but are read and copied. */
const LONGEST_ZEROS = 512;

/**
 * @param {Uint8Array} bytes the module
 * @param {import("./hot.mjs").Hot} hot
 * @param {Uint8Array} changes what the start changes in memory (snapshot.mjs)
 * @returns {SharedData}
 */
export function sharedData(bytes, hot, changes) {
  const module = parsed(bytes);
  const { image, from } = imageOf(module);
  const to = firstChanged(changes, image) - MARGIN_BYTES;
  const named = namedByCode(module, new Set(hot.functions), from, to);
  const pointed = new Set([...wordsIn(image, to, image.length)].filter(within(from, to)));
  const inside = [...wordsIn(image, from, to)].filter(within(from, to));
  const names = [...pointed].flatMap((address) => nameAt(image, address) ?? []);
  const pieces = new Pieces([from, ...named.any, ...pointed, ...inside, ...names.map(({ end }) => end)], to);
  const objects = new Pieces([from, ...named.any, ...pointed], to);
  const kept = new Kept(pieces, image);
  for (const address of named.hot) kept.add(address, Math.max(BEHIND_BYTES, objects.to(objects.at(address)) - address));
  for (const piece of hot.reads)
    for (const address of addressesIn(piece)) if (within(from, to)(address)) kept.add(address);
  for (const { address } of names) kept.add(address);
  kept.follow(within(from, to));
  return divided(module, image, kept.map());
}

/** Where the last segment ends. @param {Uint8Array} bytes */
export const endOfData = (bytes) => imageOf(parsed(bytes)).image.length;

/** Memory as the segments fill it, and where they begin. @param {Module} module */
function imageOf({ data }) {
  const placed = data.map(({ address, bytes }) => {
    if (address === undefined) throw new Error("data lies at no constant address");
    return { address, bytes };
  });
  const image = new Uint8Array(Math.max(0, ...placed.map(({ address, bytes }) => address + bytes.length)));
  for (const { address, bytes } of placed) image.set(bytes, address);
  return { image, from: Math.min(...placed.map(({ address }) => address)) };
}

/** If one is there, it and where what follows begins. @param {Uint8Array} image @param {number} address */
function nameAt(image, address) {
  const text = image.subarray(address, address + LONGEST_NAME_BYTES);
  const length = text.findIndex((letter) => letter < FIRST_LETTER || letter > LAST_LETTER);
  return length > 0 && text[length] === 0 ? { address, end: address + length + 1 } : undefined;
}

/** Changes begin with a table of runs (web/src/engine/boot.mjs). @param {Uint8Array} changes @param {Uint8Array} image */
function firstChanged(changes, image) {
  const words = new DataView(changes.buffer, changes.byteOffset, changes.byteLength);
  const count = words.getUint32(0, true);
  const [offset, length] = [words.getUint32(WORD_BYTES, true), words.getUint32(2 * WORD_BYTES, true)];
  const run = changes.subarray((1 + 2 * count) * WORD_BYTES).subarray(0, length);
  const within = run.findIndex((byte, place) => byte !== image[offset + place]);
  return offset + Math.max(0, within);
}

/** @param {Module} module @param {Set<number>} hot @param {number} from @param {number} to */
function namedByCode({ bodies, imported, globals }, hot, from, to) {
  const isAddress = within(from, to);
  const named = { hot: /** @type {Set<number>} */ (new Set()), any: /** @type {Set<number>} */ (new Set()) };
  bodies.forEach((body, place) => {
    const isHot = hot.has(imported.function + place);
    walk(body, (what, value) => {
      if ((what !== "constant" && what !== "load") || !isAddress(value)) return;
      named.any.add(value);
      if (isHot) named.hot.add(value);
    });
  });
  for (const address of constantsOf(globals).filter(isAddress)) {
    named.any.add(address);
    named.hot.add(address); // side modules read what is exported
  }
  return named;
}

/** @param {Module["globals"]} globals */
function constantsOf(globals) {
  const [CONSTANT, behindType] = [0x41, 2];
  return globals.flatMap(({ raw }) => (raw[behindType] === CONSTANT ? [new Reader(raw, behindType + 1).signed()] : []));
}

/** @param {number} from @param {number} to */
const within = (from, to) => (/** @type {number} */ address) => address >= from && address < to;

/** Every word that lies at a place for words. @param {Uint8Array} bytes @param {number} from @param {number} to */
function* wordsIn(bytes, from, to) {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = Math.ceil(from / WORD_BYTES) * WORD_BYTES; at + WORD_BYTES <= to; at += WORD_BYTES) {
    yield words.getUint32(at, true);
  }
}

/** Of a recorded piece. @param {number} piece */
const addressesIn = (piece) => Array.from({ length: PIECE_BYTES }, (_, place) => piece * PIECE_BYTES + place);

/** What lies between addresses that may be meant. */
class Pieces {
  /** @param {Iterable<number>} starts @param {number} end */
  constructor(starts, end) {
    this.starts = Uint32Array.from(new Set(starts)).sort();
    this.end = end;
  }

  /** The piece that an address lies in. @param {number} address */
  at(address) {
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.from(middle) <= address) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** @param {number} piece */
  from(piece) {
    return this.starts[piece] ?? this.end;
  }

  /** @param {number} piece */
  to(piece) {
    return this.from(piece + 1);
  }
}

/** The pieces that are kept. */
class Kept {
  /** @type {number[]} */
  #waiting = [];
  #pieces;
  #image;
  #isKept;

  /** @param {Pieces} pieces @param {Uint8Array} image */
  constructor(pieces, image) {
    this.#pieces = pieces;
    this.#image = image;
    this.#isKept = new Uint8Array(pieces.starts.length);
  }

  /** The piece that an address lies in, and those that begin less than so many bytes behind it. @param {number} address */
  add(address, behind = 0) {
    const pieces = this.#pieces;
    for (let piece = pieces.at(address); piece < pieces.starts.length; piece += 1) {
      if (!this.#isKept[piece]) this.#waiting.push(piece);
      this.#isKept[piece] = 1;
      if (pieces.to(piece) - address >= behind) return;
    }
  }

  /** Adds all that those kept may point to. @param {(address: number) => boolean} isAddress */
  follow(isAddress) {
    for (let piece = this.#waiting.pop(); piece !== undefined; piece = this.#waiting.pop()) {
      const words = wordsIn(this.#image, this.#pieces.from(piece), this.#pieces.to(piece));
      for (const address of words) if (isAddress(address)) this.add(address);
    }
  }

  /** For each byte below the end, whether it is kept. */
  map() {
    const map = new Uint8Array(this.#pieces.end).fill(1);
    this.#isKept.forEach((isKept, piece) => {
      const [from, to] = [this.#pieces.from(piece), this.#pieces.to(piece)];
      if (!isKept && to - from >= SMALLEST_GAP_BYTES) map.fill(0, from, to);
    });
    return map;
  }
}

/**
 * The hot half's memory, and each of the module's segments cut to what the cold half has of it.
 * @param {Module} module
 * @param {Uint8Array} image
 * @param {Uint8Array} kept for each byte up to where data changes, whether the hot half has it
 */
function divided({ data }, image, kept) {
  const isKept = (/** @type {number} */ place) => place >= kept.length || kept[place] === 1;
  /** @type {SharedData} */
  const shared = { hot: segmentsOf(image.map((byte, place) => (isKept(place) ? byte : 0))), cold: [] };
  for (const { address = 0, bytes } of data) {
    for (let begin = 0; begin < bytes.length; ) {
      const isHot = isKept(address + begin);
      let end = begin + 1;
      while (end < bytes.length && isKept(address + end) === isHot) end += 1;
      if (!isHot) shared.cold.push({ address: address + begin, bytes: bytes.subarray(begin, end) });
      begin = end;
    }
  }
  return shared;
}

/** What is there but for long stretches of zeros: memory begins with those. @param {Uint8Array} bytes */
function segmentsOf(bytes) {
  /** @type {SharedData["hot"]} */
  const segments = [];
  let [from, zeros] = [0, LONGEST_ZEROS];
  const end = (/** @type {number} */ to) => {
    if (to > from) segments.push({ address: from, bytes: bytes.subarray(from, to) });
  };
  bytes.forEach((byte, place) => {
    if (byte === 0) {
      zeros += 1;
      return;
    }
    if (zeros >= LONGEST_ZEROS) {
      end(place - zeros);
      from = place;
    }
    zeros = 0;
  });
  end(bytes.length - zeros);
  return segments;
}
