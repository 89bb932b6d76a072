// WebAssembly's binary format, the bytes: numbers of variable length, names, vectors, sections.
// webassembly.github.io/spec/core/binary/

/** A place in bytes that moves on as it is read. */
export class Reader {
  /** @param {Uint8Array} bytes @param {number} at */
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new Error("the module ends too early");
    this.at += 1;
    return byte;
  }

  /** An unsigned number of up to 32 bits. */
  number() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  /** A signed number of up to 32 bits. */
  signed() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return shift + 7 < 32 && byte & 64 ? value | (-1 << (shift + 7)) : value;
    }
  }

  /** Passes a number of any length. */
  skipNumber() {
    while (this.byte() > 127);
  }

  /** @param {number} length */
  take(length) {
    const from = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw new Error("the module ends too early");
    return this.bytes.subarray(from, this.at);
  }

  name() {
    return new TextDecoder().decode(this.take(this.number()));
  }

  /**
   * @template T
   * @param {() => T} read
   */
  vector(read) {
    return Array.from({ length: this.number() }, read);
  }
}

/** @param {number} value @returns {number[]} */
export function unsigned(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

/** @param {number} value of 32 bits @returns {number[]} */
export function signed(value) {
  const bytes = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 127];
    bytes.push((rest & 127) | 128);
  }
}

/** @typedef {ArrayLike<number>} Bytes */

/** @param {Bytes[]} parts */
export function joined(...parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** With the length in front. @param {Bytes} content */
export const sized = (content) => joined(unsigned(content.length), content);

/** @param {string} text */
export const named = (text) => sized(new TextEncoder().encode(text));

/** @param {Bytes[]} items */
export const vector = (items) => joined(unsigned(items.length), ...items);

/** @param {number[]} numbers */
export const numbers = (numbers) => vector(numbers.map(unsigned));

/** @param {number} id @param {Bytes} content */
export const section = (id, content) => joined([id], sized(content));
