/**
 * What nobody could foresee when the engine was divided into halves (web/build/split): it waits for the second one. The build
 * has played every preset's show with the controls of its timeline, so those do not.
 */

import type { CommandName } from "../generated/protocol";
import { FORESEEN } from "./foreseen.mjs";
import { engineManifest } from "./manifest";
import type { ToEngine } from "./protocol";

const COMMANDS: ReadonlySet<CommandName> = new Set<CommandName>(FORESEEN);

export function isUnforeseen(message: ToEngine): boolean {
  switch (message.type) {
    case "open":
      return !isOffered(message.query);
    case "command":
      return !COMMANDS.has(message.name);
    case "ask":
      return true;
    default:
      return false;
  }
}

/** Whether a query asks for a preset, or for nothing. */
function isOffered(query: string): boolean {
  const options = [...new URLSearchParams(query)];
  return options.every(([name, value]) => name === "preset" && engineManifest.presets.includes(value));
}
