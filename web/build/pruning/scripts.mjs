// A script by its syntax: what it names, and its text with some of it left out.

import { parse } from "acorn";

/** @typedef {any} Node of acorn's: github.com/estree/estree */
/** @typedef {{start: number, end: number, text: string}} Edit */
/** @typedef {{identifiers: Set<string>, properties: Set<string>}} Names */

/** @param {string} source */
export const parsedScript = (source) => parse(source, { ecmaVersion: "latest", sourceType: "module" });

/**
 * A node and everything below it.
 * @param {Node} top
 * @param {(node: Node) => boolean} [passes] nodes that are not looked into
 * @returns {Generator<Node>}
 */
export function* nodes(top, passes = () => false) {
  const waiting = [top];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (passes(node)) continue;
    yield node;
    waiting.push(...childrenOf(node));
  }
}

/** @param {Node} node @param {(key: string) => boolean} [isLeftOut] @returns {Node[]} */
const childrenOf = (node, isLeftOut = () => false) =>
  Object.entries(node)
    .filter(([key]) => !isLeftOut(key))
    .flatMap(([, value]) => value)
    .filter((child) => typeof child?.type === "string");

/** The name that a member or a key goes by, where the script says it. @param {Node} key @param {boolean} isComputed */
export const keyName = (key, isComputed) =>
  key.type === "Literal" ? String(key.value) : key.type === "Identifier" && !isComputed ? key.name : undefined;

/** @param {Node} node */
export const memberName = ({ property, computed }) => keyName(property, computed);

/**
 * What is named below a node: rather too much than too little. A text counts as the name of a property, since it may become one.
 * @param {Node} top
 * @param {(node: Node) => boolean} [passes] nodes that are not looked into
 * @returns {Names}
 */
export function namesIn(top, passes = () => false) {
  /** @type {Names} */
  const names = { identifiers: new Set(), properties: new Set() };
  const waiting = [top];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (passes(node)) continue;
    note(node, names);
    waiting.push(...childrenOf(node, (key) => isName(node, key))); // which is told as a property
  }
  return names;
}

/** @param {Node} node @param {Names} names */
function note(node, { identifiers, properties }) {
  if (node.type === "Identifier") identifiers.add(node.name);
  else if (node.type === "Literal" && typeof node.value === "string") properties.add(node.value);
  else if (node.type === "TemplateElement") properties.add(node.value.cooked ?? "");
  else if (node.type === "MemberExpression") add(properties, memberName(node));
  else if (node.type === "Property" || node.type === "MethodDefinition" || node.type === "PropertyDefinition")
    add(properties, keyName(node.key, node.computed));
}

/** Whether a part of a node is but a name of a property. @param {Node} node @param {string} key */
const isName = (node, key) =>
  !node.computed &&
  ((key === "property" && node.type === "MemberExpression") ||
    (key === "key" && !(node.type === "Property" && node.shorthand)));

/** @param {Set<string>} names @param {string | undefined} name */
function add(names, name) {
  if (name !== undefined) names.add(name);
}

/**
 * The text of a part of a script after the edits that lie in it; of nested ones the outermost counts.
 * @param {string} source
 * @param {Edit[]} edits
 */
export function edited(source, edits, start = 0, end = source.length) {
  const inside = edits.filter((edit) => edit.start >= start && edit.end <= end);
  inside.sort((one, other) => one.start - other.start || other.end - one.end);
  const pieces = [];
  let at = start;
  for (const edit of inside) {
    if (edit.start < at) continue;
    pieces.push(source.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return [...pieces, source.slice(at, end)].join("");
}
