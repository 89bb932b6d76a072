// Prunes the script between the interpreter and the browser (Emscripten's and Pyodide's, pyodide.asm.mjs) to what is named.
//
// It is one function. Its top-level statements are kept if they do something, or if a kept one names what they declare; what they
// hand to others (imports of WebAssembly, properties of `Module`, exports of WebAssembly) only if somebody names that. Names are
// taken from the syntax tree, without regard to scopes: rather too many are kept. Whatever the script has not in the shape
// that is known here is refused.

import { minify } from "terser";
import { edited, keyName, memberName, namesIn, nodes, parsedScript } from "./scripts.mjs";

/** @typedef {import("./scripts.mjs").Node} Node */
/** @typedef {import("./scripts.mjs").Edit} Edit */
/** @typedef {{properties: Set<string>, imports: Set<string>, exports: Set<string>}} Wanted by those around the script */
/**
 * A part that can be left out.
 * @typedef {object} Part
 * @property {Node} node
 * @property {string[]} declares
 * @property {(live: Live) => boolean} isNeeded
 * @property {import("./scripts.mjs").Names} names what it needs in turn
 */
/** @typedef {{identifiers: Set<string>, properties: Set<string>}} Live */

const FACTORY = "_createPyodideModule";
const IMPORTS = "wasmImports";
const EXPORTS = "wasmExports";
const ASSIGN = "assignWasmExports";
const CONVERT = "applySignatureConversions";
const REPORT = "reportUndefinedSymbols";
/** Functions of OpenGL, whose addresses the interpreter asks for and nobody on the page calls: these become null. */
export const LEFT_NULL = "emscripten_gl";
const LEFT_OUT = "leftOut";
/** Those that look properties of `Module` up by names that they are told: functions of C by name, and old games' sound. */
const ASKS_BY_NAME = new Set(["getCFunc", "_boxColor"]);

/**
 * @param {string} source
 * @param {Wanted} wanted
 * @returns {{script: string, exports: Set<string>}} what is left of it, and the exports of the interpreter that it or others name
 */
export function prunedGlue(source, wanted) {
  const factory = factoryOf(parsedScript(source));
  const parts = partsOf(factory, wanted);
  const live = liveFrom(factory, parts, wanted);
  const dead = new Set(parts.filter((part) => !part.isNeeded(live)).map(({ node }) => node));
  const kept = [...nodesBut(factory, dead)];
  refuseUnknownReaders(factory, dead);
  const edits = [...withoutDead(factory, dead), ...kept.flatMap(withoutEval), orNull(functionIn(factory, REPORT))];
  const exports = new Set([...wanted.exports, ...namedExports(kept)]);
  return { script: `${edited(source, edits)}${LEFT_OUT_FUNCTION}`, exports };
}

/** What a script calls in the place of `eval`, which the page's policy forbids. */
const LEFT_OUT_FUNCTION = `function ${LEFT_OUT}(){throw new Error("this part of Pyodide is not on the page")}`;

/** With short names of variables; those of functions and classes may be read. @param {string} script */
export async function minified(script) {
  const { code } = await minify(script, {
    module: true,
    compress: false,
    mangle: { keep_fnames: true, keep_classnames: true },
  });
  if (code === undefined) throw new Error("nothing is left of the script");
  return code;
}

/** @param {Node} program @returns {Node[]} the statements of its one function */
function factoryOf(program) {
  const found = program.body.find((/** @type {Node} */ node) => node.id?.name === FACTORY);
  if (found === undefined) throw new Error(`the script has no function ${FACTORY}`);
  return found.body.body;
}

/** @param {Node[]} factory @param {string} name @returns {Node} */
function functionIn(factory, name) {
  for (const statement of factory) {
    if (statement.type === "FunctionDeclaration" && statement.id.name === name) return statement;
    const declared = statement.type === "VariableDeclaration" ? statement.declarations : [];
    const found = declared.find((/** @type {Node} */ { id, init }) => id.name === name && init?.body !== undefined);
    if (found !== undefined) return found.init;
  }
  throw new Error(`the script has no function ${name}`);
}

/** @param {Node[]} factory @param {Wanted} wanted @returns {Part[]} */
function partsOf(factory, wanted) {
  const declared = new Set(factory.flatMap(declaredBy));
  const assigned = functionIn(factory, ASSIGN).body.body.map((/** @type {Node} */ node) => exported(node, wanted));
  const byExport = new Map(assigned.map((/** @type {ReturnType<typeof exported>} */ part) => [part.export, part]));
  return [
    ...assigned,
    ...functionIn(factory, CONVERT).body.body.flatMap((/** @type {Node} */ node) => converted(node, byExport)),
    ...importsOf(factory).map((/** @type {Node} */ node) => imported(node, wanted)),
    ...factory.flatMap((statement) => partsOfStatement(statement, declared)),
  ];
}

/** @param {Node} statement @returns {string[]} */
function declaredBy(statement) {
  if (statement.type === "VariableDeclaration")
    return statement.declarations.flatMap((/** @type {Node} */ { id }) => (id.type === "Identifier" ? [id.name] : []));
  return /^(Function|Class)Declaration$/.test(statement.type) ? [statement.id.name] : [];
}

/**
 * `_name = Module["_name"] = wasmExports["name"]`, or the number that this export holds.
 * @param {Node} statement
 * @param {Wanted} wanted
 * @returns {Part & {export: string}}
 */
function exported(statement, wanted) {
  const [targets, value] = assignment(statement);
  const member = value?.type === "BinaryExpression" ? value.left.object : value; // ["name"].value >>> 0
  const name = member?.object?.name === EXPORTS ? memberName(member) : undefined;
  if (name === undefined) throw new Error(`${ASSIGN} has a statement of an unknown kind`);
  const declares = targets.flatMap(({ type, name }) => (type === "Identifier" ? [name] : []));
  const properties = targets.flatMap((target) => moduleProperty(target) ?? []);
  return {
    node: statement,
    export: name,
    declares,
    isNeeded: (live) =>
      wanted.exports.has(name) ||
      declares.some((target) => live.identifiers.has(target)) ||
      properties.some((property) => live.properties.has(property)),
    names: { identifiers: new Set(declares), properties: new Set() },
  };
}

/**
 * `wasmExports["name"] = wrapped(wasmExports["name"])`; everything else in its function is kept.
 * @param {Node} statement
 * @param {Map<string, Part>} byExport
 * @returns {Part[]}
 */
function converted(statement, byExport) {
  const [targets] = assignment(statement);
  const [target] = targets;
  const name = target?.object?.name === EXPORTS ? memberName(target) : undefined;
  if (name === undefined) return [];
  const isNeeded = (/** @type {Live} */ live) => byExport.get(name)?.isNeeded(live) ?? true;
  return [{ node: statement, declares: [], isNeeded, names: { identifiers: new Set(), properties: new Set() } }];
}

/** @param {Node[]} factory @returns {Node[]} the properties of the object that WebAssembly imports from */
function importsOf(factory) {
  const declarations = factory.flatMap(({ declarations = [] }) => declarations);
  const found = declarations.find((/** @type {Node} */ { id }) => id.name === IMPORTS);
  if (found?.init?.type !== "ObjectExpression") throw new Error(`the script has no object ${IMPORTS}`);
  return found.init.properties;
}

/** @param {Node} property @param {Wanted} wanted @returns {Part} */
function imported(property, wanted) {
  const name = keyName(property.key, property.computed);
  if (name === undefined) throw new Error(`${IMPORTS} has an import without a name`);
  return {
    node: property,
    declares: [],
    isNeeded: () => wanted.imports.has(name),
    names: namesIn(property.value),
  };
}

/** @param {Node} statement @param {Set<string>} declared at the top @returns {Part[]} */
function partsOfStatement(statement, declared) {
  if (statement.type === "VariableDeclaration") return statement.declarations.flatMap(variable);
  const declares = declaredBy(statement);
  if (declares.length > 0) return declares.some((name) => IN_PARTS.has(name)) ? [] : [declaration(statement, declares)];
  const [[target, ...others], value] = assignment(statement);
  if (target === undefined || others.length > 0 || !isPure(value)) return [];
  const property = moduleProperty(target);
  if (property !== undefined) return [onDemand(statement, ({ properties }) => properties.has(property), value)];
  const owner = target.type === "MemberExpression" ? target.object.name : undefined;
  if (owner === undefined || !declared.has(owner)) return [];
  return [onDemand(statement, ({ identifiers }) => identifiers.has(owner), value)]; // `owner.sig = "vi"`
}

/** Their bodies are parts of their own. */
const IN_PARTS = new Set([ASSIGN, CONVERT]);

/** @param {Node} node @returns {Part[]} */
const variable = (node) =>
  node.id.type === "Identifier" && node.id.name !== IMPORTS && isPure(node.init)
    ? [declaration(node, [node.id.name])]
    : [];

/** @param {Node} node @param {string[]} declares @returns {Part} */
const declaration = (node, declares) => ({
  ...onDemand(node, ({ identifiers }) => declares.some((name) => identifiers.has(name)), namesOfDeclared(node)),
  declares,
});

/** What a declaration needs itself; its own name is none of that. @param {Node} node */
const namesOfDeclared = (node) => node.init ?? (node.type === "VariableDeclarator" ? null : node);

/** @param {Node} node @param {Part["isNeeded"]} isNeeded @param {Node | null} value @returns {Part} */
const onDemand = (node, isNeeded, value) => ({
  node,
  declares: [],
  isNeeded,
  names: value ? namesIn(value) : NO_NAMES,
});
const NO_NAMES = {
  identifiers: new Set(/** @type {string[]} */ ([])),
  properties: new Set(/** @type {string[]} */ ([])),
};

/**
 * What a statement assigns to, and what; nothing if it is no assignment.
 * @param {Node} statement
 * @returns {[Node[], Node | undefined]}
 */
function assignment({ type, expression }) {
  const targets = [];
  let value = type === "ExpressionStatement" ? expression : undefined;
  for (; value?.type === "AssignmentExpression" && value.operator === "="; value = value.right)
    targets.push(value.left);
  return [targets, value];
}

/** @param {Node} target */
const moduleProperty = (target) =>
  target.type === "MemberExpression" && target.object.name === "Module" ? memberName(target) : undefined;

/** Whether it does nothing but give a value. @param {Node | null | undefined} node @returns {boolean} */
function isPure(node) {
  if (node === null || node === undefined) return true;
  if (/^(Literal|Identifier|(Arrow)?FunctionExpression)$/.test(node.type)) return true;
  if (node.type === "ObjectExpression")
    return node.properties.every(
      (/** @type {Node} */ { value, computed }) => value !== undefined && !computed && isPure(value),
    );
  if (node.type === "ArrayExpression") return node.elements.every(isPure);
  return node.type === "UnaryExpression" && node.operator !== "delete" && isPure(node.argument);
}

/**
 * What is named by all that is kept.
 * @param {Node[]} factory
 * @param {Part[]} parts
 * @param {Wanted} wanted
 * @returns {Live}
 */
function liveFrom(factory, parts, wanted) {
  const apart = new Set(parts.map(({ node }) => node));
  /** @type {Live} */
  const live = { identifiers: new Set(), properties: new Set(wanted.properties) };
  const include = (/** @type {import("./scripts.mjs").Names} */ { identifiers, properties }) => {
    for (const name of identifiers) live.identifiers.add(name);
    for (const name of properties) live.properties.add(name);
  };
  for (const statement of factory) include(namesIn(statement, (node) => apart.has(node)));
  for (let waiting = parts, before = -1; waiting.length !== before; ) {
    before = waiting.length;
    waiting = waiting.filter((part) => {
      if (!part.isNeeded(live)) return true;
      include(part.names);
      return false;
    });
  }
  return live;
}

/** Everything but what is left out. @param {Node[]} factory @param {Set<Node>} dead @returns {Generator<Node>} */
function* nodesBut(factory, dead) {
  for (const top of factory) yield* nodes(top, (node) => dead.has(node));
}

/** Exports of WebAssembly that kept parts read, or may look up by a text. @param {Node[]} kept @returns {Set<string>} */
function namedExports(kept) {
  return new Set(
    kept.flatMap((node) => {
      if (node.type === "MemberExpression" && node.object.name === EXPORTS) return memberName(node) ?? [];
      return node.type === "Literal" && typeof node.value === "string" ? node.value : [];
    }),
  );
}

/**
 * Who looks properties of `Module` up by names that come from elsewhere might want one that is not there.
 * @param {Node[]} factory
 * @param {Set<Node>} dead
 */
function refuseUnknownReaders(factory, dead) {
  const tops = factory.flatMap((node) => (node.type === "VariableDeclaration" ? node.declarations : [node]));
  for (const top of tops.filter((node) => !dead.has(node) && !ASKS_BY_NAME.has(node.id?.name))) {
    for (const node of nodes(top, (inner) => dead.has(inner))) {
      const isUnknown =
        node.type === "MemberExpression" && node.object.name === "Module" && memberName(node) === undefined;
      if (isUnknown) throw new Error(`${top.id?.name ?? "the script"} asks Module for a name that is not known here`);
    }
  }
}

/** @param {Node[]} factory @param {Set<Node>} dead @returns {Edit[]} */
function withoutDead(factory, dead) {
  const bodies = [ASSIGN, CONVERT].map((name) => functionIn(factory, name).body.body);
  const declarations = factory.filter(({ type }) => type === "VariableDeclaration");
  const wholly = declarations.filter(({ declarations }) =>
    declarations.every((/** @type {Node} */ node) => dead.has(node)),
  );
  const statements = [...factory, ...bodies.flat()].filter((node) => dead.has(node));
  return [
    ...[...statements, ...wholly].map(({ start, end }) => ({ start, end, text: "" })),
    ...[importsOf(factory), ...declarations.map(({ declarations }) => declarations)].flatMap((list) =>
      thinned(list, dead),
    ),
  ];
}

/** A list with commas without those of its items. @param {Node[]} items @param {Set<Node>} dead @returns {Edit[]} */
function thinned(items, dead) {
  const kept = items.filter((item) => !dead.has(item));
  const [first, last] = [items[0], items.at(-1)];
  if (kept.length === items.length || kept.length === 0 || first === undefined) return [];
  const gaps = kept.slice(1).map((item, index) => ({ start: kept[index].end, end: item.start, text: "," }));
  return [
    { start: first.start, end: kept[0].start, text: "" },
    ...gaps,
    { start: kept.at(-1).end, end: last.end, text: "" },
  ];
}

/** @param {Node} node @returns {Edit[]} */
const withoutEval = ({ type, callee }) =>
  type === "CallExpression" && callee.name === "eval" ? [{ start: callee.start, end: callee.end, text: LEFT_OUT }] : [];

/**
 * Lets functions of OpenGL be null where others that nobody has are an error.
 * @param {Node} report `if (!value && !entry.required) { entry.value = 0; ...`, for each `[name, entry]`
 * @returns {Edit}
 */
function orNull(report) {
  const inside = [...nodes(report)];
  const [test, ...others] = inside.filter(
    ({ type, operator, argument }) =>
      type === "UnaryExpression" &&
      operator === "!" &&
      argument.type === "MemberExpression" &&
      memberName(argument) === "required",
  );
  const name = inside.find(({ type }) => type === "ForOfStatement")?.left.declarations[0].id.elements?.[0]?.name;
  if (test === undefined || others.length > 0 || name === undefined) throw new Error(`${REPORT} is not as it was`);
  const { argument, start, end } = test;
  return { start, end, text: `(!${argument.object.name}.required||${name}.startsWith("${LEFT_NULL}"))` };
}
