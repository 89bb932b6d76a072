/**
 * Every message between the page and the engine, in one place.
 *
 * The engine is the Python core under Pyodide. It lives in a module worker or, where no worker may be made, on the
 * page's own thread; both speak this protocol. Text is acknowledged: the page answers each `text` with `written` once
 * the terminal has drawn it, and the engine stays silent while too much is under way.
 */

/** The commands of `pysim.edge.browser.Session.command` that lead to another place or another run. */
export const MOVES = ["seek", "seek-fraction", "skip", "chapter", "restart", "seed"] as const;
export type MoveName = (typeof MOVES)[number];

/** All commands; the argument is always text. */
export type CommandName = MoveName | "pause" | "resume" | "speed" | "resize";

/** Of show seconds per second, on the page. */
export const SLOWEST = 0.1;
export const FASTEST = 10_000;

/** What `Session.state()` says. */
export interface EngineState {
  run_seconds: number;
  total_seconds: number;
  show_seconds: number;
  total_show_seconds: number;
  speed: number;
  paused: boolean;
  ended: boolean;
  phase: string;
  title: string;
  run_name: string;
  seed: number;
  status: string;
  step: number;
  total_steps: number;
}

/** A query value that the core refused, and why. */
export interface Problem {
  option: string;
  /** Null where no single value is to blame. */
  value: string | null;
  message: string;
}

export interface Chapter {
  run_seconds: number;
  fraction: number;
  kind: string;
  title: string;
}

/** [place in the run from 0 to 1, loss] */
export type CurvePoint = [fraction: number, loss: number];

/** What is drawn behind the slider and said about the run; it changes with the seed, not with time. */
export interface Story {
  chapters: Chapter[];
  curve: CurvePoint[];
  options: { options: Record<string, unknown>; query: string };
}

export type Question = "asciicast";

export type ToEngine =
  /** Open a run and hold it at its beginning. */
  | { type: "open"; query: string; columns: number; rows: number }
  /** Advance silently to a moment of show time; the prologue has already shown that text. */
  | { type: "advance"; showSeconds: number }
  /** Start the clock. */
  | { type: "go" }
  | { type: "command"; name: CommandName; argument: string }
  /** Nobody can see the terminal: stop the clock without pausing the show. */
  | { type: "rest"; resting: boolean }
  | { type: "written"; characters: number }
  /** How long the page takes to draw a frame: the engine leaves it more than that until the next. */
  | { type: "drawn"; milliseconds: number }
  | { type: "ask"; id: number; question: Question };

export type FromEngine =
  | { type: "alive" }
  | { type: "progress"; stage: string; loadedBytes: number; totalBytes: number }
  | { type: "opened"; problems: Problem[]; state: EngineState }
  | { type: "advanced"; showSeconds: number }
  | { type: "text"; text: string }
  /** `commands`: how many were obeyed before, so that the page knows an answer from news of before its question. */
  | { type: "state"; state: EngineState; commands: number }
  /** Once for each run, after its first frame. */
  | { type: "story"; story: Story }
  | { type: "answer"; id: number; text: string }
  | { type: "failed"; message: string };
