// Two modules of one: the hot half runs without the cold one, and asks for it when a cold function is called.
//
// Both halves number types, functions, tables, globals and tags as the whole does, so no function is encoded anew: a body goes
// into one half as it was, and the other half has something short in its place.
//
//   in the hot half   a cold function that can be reached (called or referred to by hot code, in a table, exported) is a stub:
//                     it calls slot 0 of a table of its own, which the page has filled with a function that fetches the cold
//                     half, then calls the cold function through that table. A cold function that cannot be reached traps.
//   in the cold half  a hot function that cold code names is a thunk, which calls it through the same table. Once the cold
//                     half is instantiated, slot 0 does nothing, and the slots of the stubs have the cold functions.
//
// The whole's own tables are left alone: they have the stubs for ever, so that a function is the same object before and
// after. What code can be reached from the hot half is proven here, by reading every instruction; what data can be read is not
// (data.mjs).
//
// What the halves share is exported under names that begin with `$`, the stamp of the pair and a colon. The cold half imports
// by these names: one of another pair cannot be instantiated.

import { joined, named, numbers, signed, sized, unsigned, vector } from "./binary.mjs";
import { walk } from "./instructions.mjs";
import { FUNCREF, KIND, made, parsed, rewritten, SECTION } from "./module.mjs";

/** @typedef {import("./module.mjs").Module} Module */
/** @typedef {{address: number, bytes: Uint8Array}} Piece of data */
/** @typedef {{hot: Piece[], cold: Piece[]}} SharedData */
/**
 * @typedef {object} Plan who is where
 * @property {Module} module
 * @property {string} stamp
 * @property {(index: number) => boolean} isHot
 * @property {number[]} stubs cold functions that can be reached from the hot half
 * @property {number[]} thunks hot ones that cold code names
 * @property {Map<number, number>} slots of both in the table
 * @property {number} table the number of that table
 * @property {Uint8Array[]} types with that of a function that takes and gives nothing
 * @property {number} plain its number
 * @property {SharedData | undefined} data
 */

/** What the cold half imports the hot one as. */
export const HOT = "hot";
const PRIVATE = "$";
const ASK = 0;
const [LOCAL_GET, CONSTANT, CALL_INDIRECT, END, TRAP, FUNCTION] = [0x20, 0x41, 0x11, 0x0b, 0x00, 0xd2];
const NO_LOCALS = 0;
const TRAPS = sized([NO_LOCALS, TRAP, END]);
const NOTHING = sized([NO_LOCALS, END]);
const ACTIVE = 0;
const ACTIVE_IN_TABLE = 2;
const DECLARED = 3;
const OF_FUNCTIONS = 0;

/**
 * @param {Uint8Array} bytes the whole
 * @param {object} choice
 * @param {Iterable<number>} choice.functions the hot ones, by number; imported ones always are
 * @param {string} choice.stamp of the pair
 * @param {SharedData} [choice.data] if the data is shared as well
 */
export function halves(bytes, { functions, stamp, data }) {
  const plan = planned(parsed(bytes), new Set(functions), stamp, data);
  return { hot: hotHalf(plan), cold: coldHalf(plan), stubs: plan.stubs.length, thunks: plan.thunks.length };
}

/** @param {Module} module @param {Set<number>} chosen @param {string} stamp @param {SharedData} [data] @returns {Plan} */
function planned(module, chosen, stamp, data) {
  if (module.exports.some(({ name }) => name.startsWith(PRIVATE)))
    throw new Error(`an export begins with ${PRIVATE}, as only those of halves do`);
  const firstDefined = module.imported.function;
  const isHot = (/** @type {number} */ index) => index < firstDefined || chosen.has(index) || index === module.start; // it is called before anybody could be asked
  const { stubs, thunks } = crossings(module, isHot);
  const plain = module.types.findIndex(({ parameters, results }) => parameters + results === 0);
  const types = module.types.map(({ raw }) => raw);
  return {
    module,
    stamp,
    isHot,
    stubs,
    thunks,
    slots: new Map([...stubs, ...thunks].map((index, place) => [index, place + 1])),
    table: module.imported.table + module.tables.length,
    types: plain >= 0 ? types : [...types, Uint8Array.of(0x60, 0, 0)],
    plain: plain >= 0 ? plain : types.length,
    data,
  };
}

/** Who is reached from the other half. @param {Module} module @param {(index: number) => boolean} isHot */
function crossings(module, isHot) {
  const firstDefined = module.imported.function;
  /** @type {[Set<number>, Set<number>]} */
  const [stubs, thunks] = [new Set(), new Set()];
  module.bodies.forEach((body, place) => {
    const hot = isHot(firstDefined + place);
    walk(body, (what, value) => {
      if (what === "segment" && !hot) throw new Error("a cold function moves segments, which it would not have");
      if (what !== "call" && what !== "reference") return;
      if (hot && !isHot(value)) stubs.add(value);
      else if (!hot && isHot(value) && value >= firstDefined) thunks.add(value);
    });
  });
  const outside = [
    ...module.elements.flatMap(({ functions }) => functions),
    ...module.exports.filter(({ kind }) => kind === KIND.function).map(({ index }) => index),
    ...referredByGlobals(module),
  ];
  for (const index of outside) if (!isHot(index)) stubs.add(index);
  const inOrder = (/** @type {Set<number>} */ set) => [...set].sort((one, other) => one - other);
  return { stubs: inOrder(stubs), thunks: inOrder(thunks) };
}

/** Functions that a global begins with. @param {Module} module */
function referredByGlobals({ globals }) {
  /** @type {number[]} */
  const found = [];
  for (const { raw } of globals) {
    const type = 2; // and whether it changes
    if (raw[type] === FUNCTION) walk(joined([NO_LOCALS], raw.subarray(type)), (_, value) => found.push(value));
  }
  return found;
}

/** @param {Plan} plan */
function hotHalf(plan) {
  const { module, stubs, thunks, isHot, slots, data } = plan;
  const firstDefined = module.imported.function;
  const bodies = module.bodies.map((body, place) => {
    const index = firstDefined + place;
    if (isHot(index)) return sized(body);
    return slots.has(index) ? passing(plan, index, asking(plan)) : TRAPS;
  });
  const offered = offers(plan).map(({ name, kind, index }) => joined(named(name), [kind], unsigned(index)));
  const elements = module.elements.map(({ raw }) => raw);
  return rewritten(
    module,
    new Map([
      [SECTION.types, vector(plan.types)],
      [SECTION.tables, vector([...module.tables, tableType(plan)])],
      [SECTION.exports, vector([...module.exports.map(({ raw }) => raw), ...offered])],
      [SECTION.elements, vector([...elements, filling(plan.table, 1 + stubs.length, thunks)])],
      [SECTION.code, vector(bodies)],
      ...dataSections(module, data?.hot),
    ]),
  );
}

/** @param {Plan} plan */
function coldHalf(plan) {
  const { module, stubs, isHot, slots, data } = plan;
  const firstDefined = module.imported.function;
  const bodies = module.bodies.map((body, place) => {
    const index = firstDefined + place;
    if (!isHot(index)) return sized(body);
    return slots.has(index) ? passing(plan, index, []) : TRAPS;
  });
  const nothing = firstDefined + module.functions.length;
  const imported = offers(plan).map(({ name, kind, type }) => joined(named(HOT), named(name), [kind], type));
  const referred = referredByCold(plan);
  const elements = [filling(plan.table, ASK, [nothing]), filling(plan.table, 1, stubs)];
  if (referred.length > 0) elements.push(joined([DECLARED, OF_FUNCTIONS], numbers(referred)));
  const own = module.globals.slice(sharedGlobals(module)).map(({ raw }) => raw);
  return made(
    module,
    new Map([
      [SECTION.types, vector(plan.types)],
      [SECTION.imports, vector([...module.imports.map(({ raw }) => raw), ...imported])],
      [SECTION.functions, numbers([...module.functions, plan.plain])],
      [SECTION.globals, own.length > 0 ? vector(own) : undefined],
      [SECTION.elements, vector(elements)],
      [SECTION.code, vector([...bodies, NOTHING])],
      ...dataSections(module, data?.cold ?? []),
    ]),
  );
}

/**
 * What the hot half exports for the cold one, in the order of their numbers.
 * @param {Plan} plan
 * @returns {{name: string, kind: number, index: number, type: Uint8Array}[]} `type` as an import states it
 */
function offers(plan) {
  const { module, stamp, table } = plan;
  const { imported } = module;
  const offer = (/** @type {"table" | "memory" | "global" | "tag"} */ kind, /** @type {Uint8Array[]} */ types) =>
    types.map((type, place) => {
      const index = imported[kind] + place;
      const what = index === table && kind === "table" ? "cold" : `${kind}${index}`;
      return { name: `${PRIVATE}${stamp}:${what}`, kind: KIND[kind], index, type };
    });
  return [
    ...offer("table", [...module.tables, tableType(plan)]),
    ...offer("memory", module.memories),
    ...offer(
      "global",
      module.globals
        .slice(0, sharedGlobals(module))
        .map(({ valueType, mutable }) => Uint8Array.of(valueType, Number(mutable))),
    ),
    ...offer(
      "tag",
      module.tags.map((type) => joined([0], unsigned(type))),
    ),
  ];
}

/** The globals up to the last one that changes; the others the cold half has for itself. @param {Module} module */
const sharedGlobals = ({ globals }) => globals.findLastIndex(({ mutable }) => mutable) + 1;

/** @param {Plan} plan */
const tableType = ({ slots }) => joined([FUNCREF, 0], unsigned(1 + slots.size));

/** Calls whoever fetches the cold half. @param {Plan} plan */
const asking = ({ plain, table }) => [CONSTANT, ...signed(ASK), CALL_INDIRECT, ...unsigned(plain), ...unsigned(table)];

/**
 * A body that passes what it was given on to the function in the other half.
 * @param {Plan} plan
 * @param {number} index
 * @param {number[]} first instructions before that
 */
function passing({ module, slots, table }, index, first) {
  const type = module.functions[index - module.imported.function] ?? 0;
  const parameters = module.types[type]?.parameters ?? 0;
  const given = Array.from({ length: parameters }, (_, local) => [LOCAL_GET, ...unsigned(local)]).flat();
  const call = [CONSTANT, ...signed(slots.get(index) ?? 0), CALL_INDIRECT, ...unsigned(type), ...unsigned(table)];
  return sized([NO_LOCALS, ...first, ...given, ...call, END]);
}

/** A segment of a table. @param {number} table @param {number} from @param {number[]} functions */
const filling = (table, from, functions) =>
  joined([ACTIVE_IN_TABLE], unsigned(table), [CONSTANT, ...signed(from), END, OF_FUNCTIONS], numbers(functions));

/** What cold code takes a reference to has to be declared where it does. @param {Plan} plan */
function referredByCold({ module, isHot }) {
  /** @type {Set<number>} */
  const found = new Set();
  module.bodies.forEach((body, place) => {
    if (isHot(module.imported.function + place)) return;
    walk(body, (what, value) => {
      if (what === "reference") found.add(value);
    });
  });
  return [...found];
}

/**
 * Those of a half: `pieces` in place of the module's own, if given.
 * @param {Module} module
 * @param {Piece[] | undefined} pieces
 * @returns {[number, Uint8Array | undefined][]}
 */
function dataSections({ sections }, pieces) {
  if (pieces === undefined) return [];
  const segments = pieces.map(({ address, bytes }) =>
    joined([ACTIVE, CONSTANT, ...signed(address), END], sized(bytes)),
  );
  const count = sections.has(SECTION.dataCount) && pieces.length > 0;
  return [
    [SECTION.data, pieces.length > 0 ? vector(segments) : undefined],
    [SECTION.dataCount, count ? Uint8Array.from(unsigned(pieces.length)) : undefined],
  ];
}
