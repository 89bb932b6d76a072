/**
 * The small language between an embedded run and the page around it. Documented in the README and in public/embed.d.ts.
 *
 * Every message is an object with `pysim: 1` and a `type`. Times are run seconds. Anything else is ignored.
 */

import type { Phase, RunState } from "../../public/embed";
import { readPhase } from "../generated/protocol";
import {
  any,
  attempt,
  flag,
  nullable,
  number,
  oneOf,
  oneOfTypes,
  type Read,
  type Reader,
  record,
  text,
  Unreadable,
} from "../reading";

export type { RunState };

export const VERSION = 1;
const pysim = oneOf(VERSION);

const notNegative: Reader<number> = (value) => Math.max(0, number(value));
const positive: Reader<number> = (value) => {
  if (number(value) > 0) return number(value);
  throw new Unreadable("is not above 0");
};

const phase: Reader<Phase | ""> = (value) => (value === "" ? value : readPhase(value));
const values = {
  loss: nullable(number),
  learningRate: nullable(number),
  gradNorm: nullable(number),
  tokensPerSecond: nullable(number),
  goodput: number,
};
const readRunState: Reader<RunState> = record({
  ...values,
  seconds: number,
  totalSeconds: number,
  speed: number,
  paused: flag,
  ended: flag,
  phase,
  title: text,
  query: text,
  step: number,
  totalSteps: number,
});
const passed = { pysim, ...values, seconds: number, title: text, step: number };
const troubled = { ...passed, number, cause: text, place: text };
/** Left out, it is empty. */
const optional: Reader<string> = (value) => (value === undefined ? "" : text(value));

const toRun = oneOfTypes({
  play: { pysim },
  pause: { pysim },
  seek: { pysim, seconds: notNegative },
  setSpeed: { pysim, factor: positive },
  getState: { pysim, id: number },
  inject: { pysim, id: number, cause: text, where: optional },
  goTo: { pysim, id: number, place: text },
  playUntil: { pysim, id: number, place: text },
  getCurve: { pysim, id: number, points: number, from: optional, until: optional },
  getChapters: { pysim, id: number },
  getEvents: { pysim, id: number, from: optional, until: optional },
  explain: { pysim, id: number, what: optional },
  setOptions: { pysim, query: text },
});
export type ToRun = Read<typeof toRun>;

const fromRun = oneOfTypes({
  /** From now on, messages are heard. */
  listening: { pysim },
  ready: { pysim, state: readRunState },
  time: { pysim, state: readRunState },
  phase: { pysim, phase },
  checkpoint: passed,
  validation: { ...passed, validationLoss: nullable(number) },
  incident: troubled,
  recovered: { ...troubled, lostSeconds: number, stepsRedone: number },
  ended: { pysim },
  state: { pysim, id: number, state: readRunState },
  /** The answer to `inject`: why it does not happen, or nothing. */
  injected: { pysim, id: number, refusal: text },
  /** The answer to what else was asked with an `id`: why it cannot be, or nothing, and what was asked for. */
  answer: { pysim, id: number, refusal: text, value: any },
});
export type FromRun = Read<typeof fromRun>;

/** A message from the page around: exactly the documented form, or nothing. */
export function readToRun(data: unknown): ToRun | null {
  return attempt(toRun, data);
}

export function readFromRun(data: unknown): FromRun | null {
  return attempt(fromRun, data);
}
