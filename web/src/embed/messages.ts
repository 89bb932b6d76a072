/**
 * The small language between an embedded run and the page around it. Documented in the README and in public/embed.d.ts.
 *
 * Every message is an object with `pysim: 1` and a `type`. Times are run seconds. Anything else is ignored.
 */

import type { RunState } from "../../public/embed";

export type { RunState };

export const VERSION = 1;

export type ToRun =
  | { pysim: 1; type: "play" }
  | { pysim: 1; type: "pause" }
  | { pysim: 1; type: "seek"; seconds: number }
  | { pysim: 1; type: "setSpeed"; factor: number }
  | { pysim: 1; type: "getState"; id: number };

export type Milestone = "checkpoint" | "validation" | "incident";

export type FromRun =
  | { pysim: 1; type: "ready"; state: RunState }
  | { pysim: 1; type: "time"; state: RunState }
  | { pysim: 1; type: "phase"; phase: string }
  | { pysim: 1; type: Milestone; seconds: number; title: string }
  | { pysim: 1; type: "ended" }
  | { pysim: 1; type: "state"; id: number; state: RunState };

/** A message from the page around: exactly the documented form, or nothing. */
export function readToRun(data: unknown): ToRun | null {
  if (typeof data !== "object" || data === null) return null;
  const message = data as Record<string, unknown>;
  if (message.pysim !== VERSION) return null;
  switch (message.type) {
    case "play":
    case "pause":
      return { pysim: VERSION, type: message.type };
    case "seek":
      return isNumber(message.seconds) ? { pysim: VERSION, type: "seek", seconds: Math.max(0, message.seconds) } : null;
    case "setSpeed":
      return isNumber(message.factor) && message.factor > 0
        ? { pysim: VERSION, type: "setSpeed", factor: message.factor }
        : null;
    case "getState":
      return isNumber(message.id) ? { pysim: VERSION, type: "getState", id: message.id } : null;
    default:
      return null;
  }
}

const FROM_RUN: readonly string[] = [
  "ready",
  "time",
  "phase",
  "checkpoint",
  "validation",
  "incident",
  "ended",
  "state",
];

export function readFromRun(data: unknown): FromRun | null {
  if (typeof data !== "object" || data === null) return null;
  const message = data as Record<string, unknown>;
  const known = message.pysim === VERSION && typeof message.type === "string" && FROM_RUN.includes(message.type);
  return known ? (data as FromRun) : null;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
