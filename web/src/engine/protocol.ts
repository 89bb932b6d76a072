/**
 * Every message between the page and the engine, in one place.
 *
 * The engine is the Python core under Pyodide. It lives in a module worker or, where no worker may be made, on the
 * page's own thread; both speak this protocol. Text is acknowledged: the page answers each `text` with `written` once
 * the terminal has drawn it, and the engine stays silent while too much is under way. What the core itself says is read
 * and typed by what is made of its own types (`generated/protocol.ts`).
 */

import { type CommandName, readNews, readProblem, readState, readStory } from "../generated/protocol";
import { flag, list, number, oneOfTypes, type Read, type Reader, text } from "../reading";

/** The session's own answers. The first need no more words. */
export type PlainQuestion = "asciicast" | "log" | "weighing" | "offers" | "score";
/** `possible` and `meaning` are asked with what was typed, `explain` and `reading` with what is meant, the last three with a list of what they name, as JSON. */
export type Question = PlainQuestion | "possible" | "meaning" | "explain" | "reading" | "curve" | "events" | "places";

const PLAIN: ReadonlySet<Question> = new Set(["asciicast", "log", "weighing", "offers", "score"]);

export function isPlain(question: Question): question is PlainQuestion {
  return PLAIN.has(question);
}

/** The core looks names up itself, and passes over those that it does not know. */
const command = text as Reader<CommandName>;

export const readToEngine = oneOfTypes({
  /** Open a run and hold it at its beginning. */
  open: { id: number, query: text, columns: number, rows: number },
  /** Advance silently to a moment of show time; the prologue has already shown that text. */
  advance: { showSeconds: number },
  /** Start the clock. */
  go: {},
  command: { name: command, argument: text },
  /** Nobody can see the terminal: stop the clock without pausing the show. */
  rest: { resting: flag },
  written: { characters: number },
  /** Somebody outside wants to know what the show passes. */
  listen: {},
  /** How long the page takes to draw a frame: the engine leaves it more than that until the next. */
  drawn: { milliseconds: number },
  ask: { id: number, question: text as Reader<Question>, argument: text },
});
export type ToEngine = Read<typeof readToEngine>;

export const readFromEngine = oneOfTypes({
  alive: {},
  progress: { stage: text, loadedBytes: number, totalBytes: number },
  opened: { id: number, problems: list(readProblem), state: readState },
  advanced: { showSeconds: number, state: readState },
  text: { text },
  /** `commands`: how many were obeyed before, so that the page knows an answer from news of before its question. */
  state: { state: readState, commands: number },
  /** What the show has passed, as it passes it. */
  news: { news: list(readNews) },
  /** To a command that may be refused: why it does not happen, or nothing. */
  replied: { name: command, words: text, refusal: text },
  /** Once for each run, after its first frame, and for each future that it gets. */
  story: { story: readStory },
  answer: { id: number, text },
  /** A command was not obeyed because something could not be had; the run goes on. */
  lacking: { message: text },
  /** Of the run that is open, or being opened; where it is over, nothing can be opened any more. */
  failed: { message: text, isOver: flag },
});
export type FromEngine = Read<typeof readFromEngine>;
