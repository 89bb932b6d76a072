/** The state of a show that has not begun. */

import type { Phase, State, Story } from "../generated/protocol";

/** As the core says it; the phase is empty as long as nothing is known. */
export type ShowState = Omit<State, "phase"> & { phase: Phase | "" };

export const BLANK_STATE: ShowState = {
  run_seconds: 0,
  total_seconds: 0,
  expected_seconds: 0,
  show_seconds: 0,
  total_show_seconds: 0,
  speed: 1,
  paused: false,
  ended: false,
  phase: "",
  title: "",
  query: "",
  status: "",
  step: 0,
  total_steps: 0,
  live_rows: 0,
  on_call: false,
  calls: [],
  stopped_for: 0,
  values: { loss: null, learning_rate: null, grad_norm: null, tokens_per_second: null, goodput: 0 },
};

export const BLANK_STORY: Story = { chapters: [], marks: [], passages: [], curve: [] };

/** Whether a viewer may know how long the run is: who is on call knows when it is over. */
export function isLengthKnown({ on_call, ended }: ShowState): boolean {
  return !on_call || ended;
}
