/** Commands that the build has given to every preset's show when it listed what the engine's first half needs (web/build/split). */
export const FORESEEN = /** @type {const} */ ([
  "pause",
  "resume",
  "speed",
  "resize",
  "loop",
  "seek",
  "seek-fraction",
  "skip",
  "chapter",
  "restart",
]);
