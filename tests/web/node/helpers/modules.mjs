// Small modules of WebAssembly, put together by hand.

import {
  joined,
  named,
  numbers,
  section,
  signed,
  sized,
  unsigned,
  vector,
} from "../../../../web/build/split/binary.mjs";
import { KIND, SECTION } from "../../../../web/build/split/module.mjs";

export const [I32, I64, F64, FUNCREF] = [0x7f, 0x7e, 0x7c, 0x70];
export const END = 0x0b;

/** Instructions, each as bytes. */
export const op = {
  get: (/** @type {number} */ local) => [0x20, ...unsigned(local)],
  globalGet: (/** @type {number} */ global) => [0x23, ...unsigned(global)],
  globalSet: (/** @type {number} */ global) => [0x24, ...unsigned(global)],
  constant: (/** @type {number} */ value) => [0x41, ...signed(value)],
  call: (/** @type {number} */ index) => [0x10, ...unsigned(index)],
  callIndirect: (/** @type {number} */ type, table = 0) => [0x11, ...unsigned(type), ...unsigned(table)],
  reference: (/** @type {number} */ index) => [0xd2, ...unsigned(index)],
  load: (offset = 0) => [0x28, 2, ...unsigned(offset)],
  store: (offset = 0) => [0x36, 2, ...unsigned(offset)],
  throw: (/** @type {number} */ tag) => [0x08, ...unsigned(tag)],
  /** What `body` gives, or what a caught exception carries; both of one 32-bit number. */
  catch: (/** @type {number[]} */ body, /** @type {number} */ tag, /** @type {number[]} */ handler = []) => [
    ...[0x06, I32, ...body, 0x07, ...unsigned(tag), ...handler, END],
  ],
  tableSet: (/** @type {number} */ table) => [0x26, ...unsigned(table)],
  copy: [0xfc, 0x0a, 0, 0],
  initialise: [0xfc, 0x08, 0, 0],
  add: 0x6a,
  multiply: 0x6c,
};

/** @typedef {[parameters: number[], results: number[]]} Type */
/**
 * @typedef {object} Text of a module
 * @property {Type[]} types
 * @property {[module: string, name: string, kind: keyof typeof KIND, type: number[]][]} [imports]
 * @property {[type: number, code: number[]][]} functions without the end
 * @property {number[][]} [tables]
 * @property {number[]} [memory]
 * @property {number[]} [tags] types
 * @property {[type: number, mutable: boolean, code: number[]][]} [globals]
 * @property {[name: string, kind: keyof typeof KIND, index: number][]} [exports]
 * @property {number} [start]
 * @property {[offset: number[], functions: number[]][]} [elements] of the first table
 * @property {[address: number[], text: string][]} [data]
 * @property {string[]} [passive] data
 */

/** @param {Text} text */
export function assembled({ types, imports = [], functions, tables = [], memory, tags = [], globals = [], ...rest }) {
  const { exports = [], start, elements = [], data = [], passive = [] } = rest;
  const bytes = (/** @type {string} */ text) => sized(new TextEncoder().encode(text));
  /** @type {[number, ArrayLike<number>[]][]} */
  const entries = [
    [
      SECTION.types,
      types.map(([given, got]) => joined([0x60], vector(given.map(unsigned)), vector(got.map(unsigned)))),
    ],
    [
      SECTION.imports,
      imports.map(([module, name, kind, type]) => joined(named(module), named(name), [KIND[kind]], type)),
    ],
    [SECTION.functions, functions.map(([type]) => unsigned(type))],
    [SECTION.tables, tables],
    [SECTION.memories, memory ? [memory] : []],
    [SECTION.tags, tags.map((type) => [0, ...unsigned(type)])],
    [SECTION.globals, globals.map(([type, mutable, code]) => [type, Number(mutable), ...code, END])],
    [SECTION.exports, exports.map(([name, kind, index]) => joined(named(name), [KIND[kind]], unsigned(index)))],
    [SECTION.elements, elements.map(([offset, list]) => joined([0], offset, [END], numbers(list)))],
    [SECTION.code, functions.map(([, code]) => sized([0, ...code, END]))],
    [
      SECTION.data,
      [
        ...data.map(([address, text]) => joined([0], address, [END], bytes(text))),
        ...passive.map((text) => joined([1], bytes(text))),
      ],
    ],
  ];
  const sections = entries.flatMap(([id, list]) => (list.length > 0 ? [{ id, bytes: section(id, vector(list)) }] : []));
  if (start !== undefined) sections.push({ id: SECTION.start, bytes: section(SECTION.start, unsigned(start)) });
  if (passive.length > 0)
    sections.push({ id: SECTION.dataCount, bytes: section(SECTION.dataCount, unsigned(passive.length)) });
  const order = Object.values(SECTION);
  sections.sort((one, other) => order.indexOf(one.id) - order.indexOf(other.id));
  return joined([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], ...sections.map((each) => each.bytes));
}
