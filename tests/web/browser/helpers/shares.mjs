// What both browsers need not look at: a rule of ours that runs through the same code in each. Either has every second check of
// a file, together they have all; PYSIM_THOROUGH=1 has both do everything. What browsers may differ in (how they draw, focus,
// select, cache and embed) is no such rule and is looked at in both.

import { it } from "node:test";
import { BROWSER } from "./browsers.mjs";

const IS_THOROUGH = process.env.PYSIM_THOROUGH === "1";
const MINE = BROWSER === "firefox" ? 1 : 0;
const BROWSERS = 2;
let taken = 0;

/** Of much that is alike every browser looks at one in so many. @template T @param {T[]} all @param {number} every */
export const shareOf = (all, every = BROWSERS) =>
  IS_THOROUGH ? all : all.filter((_, index) => index % every === (MINE * every) / BROWSERS);

/**
 * Node's `it` for such a check.
 * @param {string} name
 * @param {import("node:test").TestFn} look
 */
export function inOne(name, look) {
  const isMine = taken % BROWSERS === MINE;
  taken += 1;
  it(name, { skip: !isMine && !IS_THOROUGH && "the other browser has it" }, look);
}
