/** What a frame says of a run in training. */

import type { RunState } from "../../../../web/src/embed/messages";

export const STATE: RunState = {
  seconds: 120,
  totalSeconds: 1000,
  speed: 10,
  paused: false,
  ended: false,
  phase: "training",
  title: "a run",
  query: "preset=classic&seed=3",
  step: 1,
  totalSteps: 9,
  loss: 2.5,
  learningRate: 3e-4,
  gradNorm: null,
  tokensPerSecond: 1e6,
  goodput: 0.97,
};
