// A module taken apart into its sections, as far as halving it needs: every entry with its own bytes, so that what is not
// changed is written again as it was. What nobody has met in Pyodide or NumPy is refused in words.

import { joined, Reader, section } from "./binary.mjs";

export const SECTION = {
  custom: 0,
  types: 1,
  imports: 2,
  functions: 3,
  tables: 4,
  memories: 5,
  tags: 13,
  globals: 6,
  exports: 7,
  start: 8,
  elements: 9,
  dataCount: 12,
  code: 10,
  data: 11,
};
/** As they must follow one another. */
const ORDER = Object.values(SECTION);
/** Of imports and exports. */
export const KIND = { function: 0, table: 1, memory: 2, global: 3, tag: 4 };
export const FUNCREF = 0x70;
const FUNCTION_TYPE = 0x60;
const HEADER_BYTES = 8;
const HAS_MAXIMUM = 1;
/** Types of two parts: references to types that the module states itself. */
const REFERENCE_TYPES = [0x63, 0x64];

/** @typedef {{raw: Uint8Array, parameters: number, results: number}} FunctionType counts of both */
/** @typedef {{raw: Uint8Array, module: string, name: string, kind: number, type: number, mutable: boolean}} Import */
/** @typedef {{raw: Uint8Array, name: string, kind: number, index: number}} Export */
/** @typedef {{raw: Uint8Array, valueType: number, mutable: boolean}} Global */
/** @typedef {{raw: Uint8Array, table: number, offset: Uint8Array, functions: number[]}} Elements a segment that fills a table */
/** @typedef {{raw: Uint8Array, address: number | undefined, bytes: Uint8Array}} Data `address` where it is a constant */

/**
 * @typedef {object} Module
 * @property {Uint8Array} bytes
 * @property {Map<number, Uint8Array>} sections contents by number, but for custom ones
 * @property {Uint8Array[]} customs contents
 * @property {FunctionType[]} types
 * @property {Import[]} imports
 * @property {number[]} functions types of the defined ones
 * @property {Uint8Array[]} bodies of the defined ones
 * @property {Uint8Array[]} tables
 * @property {Uint8Array[]} memories
 * @property {Global[]} globals defined ones
 * @property {number[]} tags types of the defined ones
 * @property {Export[]} exports
 * @property {number | undefined} start
 * @property {Elements[]} elements
 * @property {Data[]} data
 * @property {Record<keyof typeof KIND, number>} imported how many of each kind
 */

/** @param {Uint8Array} bytes @returns {Module} */
export function parsed(bytes) {
  const { sections, customs } = sectionsOf(bytes);
  /**
   * @template T
   * @param {keyof typeof SECTION} name
   * @param {(reader: Reader) => T} read
   * @returns {(T & {raw: Uint8Array})[]}
   */
  const entries = (name, read) => entriesOf(sections.get(SECTION[name]), read);
  const imports = entries("imports", readImport);
  const start = sections.get(SECTION.start);
  return {
    bytes,
    sections,
    customs,
    types: entries("types", readType),
    imports,
    functions: entries("functions", readNumber).map(({ value }) => value),
    bodies: entries("code", readSized).map(({ value }) => value),
    tables: entries("tables", readTable).map(({ raw }) => raw),
    memories: entries("memories", readLimits).map(({ raw }) => raw),
    globals: entries("globals", readGlobal),
    tags: entries("tags", readTag).map(({ value }) => value),
    exports: entries("exports", readExport),
    start: start && new Reader(start).number(),
    elements: entries("elements", readElements),
    data: entries("data", readData),
    imported: /** @type {Record<keyof typeof KIND, number>} */ (
      Object.fromEntries(
        Object.entries(KIND).map(([name, kind]) => [name, imports.filter((entry) => entry.kind === kind).length]),
      )
    ),
  };
}

/**
 * The module with other contents of some sections; those that become undefined or were never there are left out.
 * @param {Module} module
 * @param {Map<number, Uint8Array | undefined>} changed
 */
export const rewritten = ({ bytes, sections, customs }, changed) =>
  assembled(bytes.subarray(0, HEADER_BYTES), customs, new Map([...sections, ...changed]));

/** A module of these sections alone. @param {Module} module @param {Map<number, Uint8Array | undefined>} sections */
export const made = ({ bytes }, sections) => assembled(bytes.subarray(0, HEADER_BYTES), [], sections);

/**
 * Custom sections come first: that is where Emscripten reads the one of shared libraries, whichever others there are.
 * @param {Uint8Array} header
 * @param {Uint8Array[]} customs
 * @param {Map<number, Uint8Array | undefined>} sections
 */
function assembled(header, customs, sections) {
  const written = ORDER.flatMap((id) => {
    const content = sections.get(id);
    return content === undefined ? [] : [section(id, content)];
  });
  return joined(header, ...customs.map((content) => section(SECTION.custom, content)), ...written);
}

/** @param {Uint8Array} bytes */
function sectionsOf(bytes) {
  const reader = new Reader(bytes, HEADER_BYTES);
  /** @type {Map<number, Uint8Array>} */
  const sections = new Map();
  const customs = [];
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const content = reader.take(reader.number());
    if (id === SECTION.custom) customs.push(content);
    else if (ORDER.includes(id)) sections.set(id, content);
    else throw new Error(`section ${id} is of no known kind`);
  }
  return { sections, customs };
}

/**
 * @template T
 * @param {Uint8Array | undefined} content
 * @param {(reader: Reader) => T} read
 * @returns {(T & {raw: Uint8Array})[]}
 */
function entriesOf(content, read) {
  if (content === undefined) return [];
  const reader = new Reader(content);
  const entries = reader.vector(() => {
    const from = reader.at;
    const entry = read(reader);
    return { ...entry, raw: content.subarray(from, reader.at) };
  });
  if (reader.at !== content.length) throw new Error("a section is longer than its entries");
  return entries;
}

/** @param {Reader} reader */
const readNumber = (reader) => ({ value: reader.number() });
/** @param {Reader} reader */
const readSized = (reader) => ({ value: reader.take(reader.number()) });

/** @param {Reader} reader */
export function readValueType(reader) {
  const type = reader.byte();
  if (REFERENCE_TYPES.includes(type)) reader.skipNumber();
  return type;
}

/** @param {Reader} reader */
function readType(reader) {
  if (reader.byte() !== FUNCTION_TYPE) throw new Error("a type is not that of a function");
  const [parameters, results] = [reader, reader].map(() => reader.vector(() => readValueType(reader)).length);
  return { parameters: parameters ?? 0, results: results ?? 0 };
}

/** @param {Reader} reader */
function readLimits(reader) {
  const flags = reader.byte();
  reader.number();
  if (flags & HAS_MAXIMUM) reader.number();
  return {};
}

/** @param {Reader} reader */
function readTable(reader) {
  readValueType(reader);
  return readLimits(reader);
}

/** @param {Reader} reader */
function readImport(reader) {
  const [module, name, kind] = [reader.name(), reader.name(), reader.byte()];
  let [type, mutable] = [-1, false];
  if (kind === KIND.function) type = reader.number();
  else if (kind === KIND.table) readTable(reader);
  else if (kind === KIND.memory) readLimits(reader);
  else if (kind === KIND.global) ({ valueType: type, mutable } = readGlobalType(reader));
  else type = readTag(reader).value;
  return { module, name, kind, type, mutable };
}

/** @param {Reader} reader */
const readGlobalType = (reader) => ({ valueType: readValueType(reader), mutable: reader.byte() === 1 });

/** @param {Reader} reader */
function readGlobal(reader) {
  const type = readGlobalType(reader);
  readConstant(reader);
  return type;
}

/** @param {Reader} reader */
function readTag(reader) {
  reader.byte(); // an attribute that has one value
  return readNumber(reader);
}

/** @param {Reader} reader */
const readExport = (reader) => ({ name: reader.name(), kind: reader.byte(), index: reader.number() });

/** @param {Reader} reader */
function readElements(reader) {
  const flags = reader.number();
  if (flags !== 0 && flags !== 2) throw new Error(`segments of elements of kind ${flags} are not understood`);
  const table = flags === 2 ? reader.number() : 0;
  const offset = readConstant(reader).raw;
  if (flags === 2 && reader.byte() !== 0) throw new Error("a segment of elements is not of functions");
  return { table, offset, functions: reader.vector(() => reader.number()) };
}

/** @param {Reader} reader */
function readData(reader) {
  const flags = reader.number();
  if (flags !== 0) throw new Error(`segments of data of kind ${flags} are not understood`);
  const { value } = readConstant(reader);
  return { address: value, bytes: reader.take(reader.number()) };
}

const OPCODE = { end: 0x0b, globalGet: 0x23, i32: 0x41, i64: 0x42, f32: 0x43, f64: 0x44, null: 0xd0, function: 0xd2 };

/** A constant expression; its value where it is one 32-bit number. @param {Reader} reader */
function readConstant(reader) {
  const from = reader.at;
  /** @type {number[]} */
  const values = [];
  let others = 0;
  for (let opcode = reader.byte(); opcode !== OPCODE.end; opcode = reader.byte()) {
    if (opcode === OPCODE.i32) values.push(reader.signed());
    else {
      others += 1;
      if (opcode === OPCODE.f32) reader.take(4);
      else if (opcode === OPCODE.f64) reader.take(8);
      else if ([OPCODE.globalGet, OPCODE.i64, OPCODE.null, OPCODE.function].includes(opcode)) reader.skipNumber();
      else if (opcode < 0x6a || opcode > 0x7e) throw new Error(`a constant has instruction ${opcode}`);
    }
  }
  const value = others === 0 && values.length === 1 ? values[0] : undefined;
  return { value, raw: reader.bytes.subarray(from, reader.at) };
}
