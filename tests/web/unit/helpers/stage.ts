/** A show on a stage of lists: what it writes and sends and tells is kept in order, and time passes when a test says so. */

import { vi } from "vitest";
import type { EngineClient } from "../../../../web/src/engine/client";
import type { FromEngine, ToEngine } from "../../../../web/src/engine/protocol";
import type { Chapter, Recorded, State } from "../../../../web/src/generated/protocol";
import type { ShowEvents } from "../../../../web/src/show/announcements";
import { BLANK_STATE, BLANK_STORY } from "../../../../web/src/show/blank";
import { Recording } from "../../../../web/src/show/recording";
import { Show } from "../../../../web/src/show/show";
import type { Mode } from "../../../../web/src/show/states";
import type { Grid } from "../../../../web/src/terminal/fit";
import type { TerminalView } from "../../../../web/src/terminal/terminal";

/** Frames every tenth of a second, in each of which a second of the run passes: `[0.1]` is the text of the one at 0.1. */
export function recordingData(columns = 80, seconds = 20): Recorded {
  const frames = Array.from({ length: seconds * 10 + 1 }, (_, index): [number, string, number] => {
    const time = index / 10;
    return [time, `[${time}]`, index];
  });
  return { columns, rows: 24, live_rows: 3, seconds, title: "a recorded run", total_seconds: 1000, frames };
}

export function engineState(some: Partial<State> = {}): State {
  return {
    ...BLANK_STATE,
    total_seconds: 1000,
    total_show_seconds: 100,
    phase: "training",
    query: "seed=1",
    ...some,
  };
}

export class FakeTerminal {
  readonly trace: string[];
  grid: Grid = { columns: 80, rows: 30 };
  #gridListener: (grid: Grid) => void = () => {};
  constructor(trace: string[]) {
    this.trace = trace;
  }

  /** Texts of one source while another has the screen. */
  readonly wrong: string[] = [];
  mode: () => Mode = () => "boot";
  /** What it has yet to take while it is slow. */
  slow = false;
  readonly #untaken: (() => void)[] = [];

  write(text: string, written?: () => void): void {
    if (text === "engine" && this.mode() !== "engine") this.wrong.push(text);
    if (/^\[\d/.test(text) && this.mode() !== "recording") this.wrong.push(text);
    this.trace.push(`write ${JSON.stringify(text).slice(1, -1)}`);
    if (this.slow && written !== undefined) this.#untaken.push(written);
    else written?.();
  }

  takesAll(): void {
    for (const written of this.#untaken.splice(0)) written();
  }

  forget(): void {
    this.trace.push("forget");
  }

  /** Nobody has scrolled up. */
  showNewest(): void {}

  onGrid(listener: (grid: Grid) => void): void {
    this.#gridListener = listener;
  }

  resize(columns: number, rows: number): void {
    this.grid = { columns, rows };
    this.#gridListener(this.grid);
  }
}

/** The page's end of an engine that a test speaks for. */
export class FakeEngine {
  readonly trace: string[];
  unacknowledged = 0;
  paused = false;
  speed = 1;
  #listener: (message: FromEngine) => void = () => {};
  /** What was sent and not answered yet. */
  #inbox: ToEngine[] = [];
  #commands = 0;
  #going = false;

  constructor(trace: string[]) {
    this.trace = trace;
  }

  send(message: ToEngine): void {
    if (message.type === "drawn") return; // how long it takes to draw nothing
    if (message.type === "written") this.unacknowledged -= message.characters;
    const { type, ...rest } = message;
    this.trace.push(`send ${[type, ...Object.values(rest)].join(" ").trimEnd()}`);
    this.#inbox.push(message);
  }

  listen(listener: (message: FromEngine) => void): void {
    this.#listener = listener;
  }

  ask(): Promise<string> {
    return Promise.resolve("a recording");
  }

  says(...messages: FromEngine[]): void {
    for (const message of messages) {
      if (message.type === "text") this.unacknowledged += message.text.length;
      this.#listener(message);
    }
  }

  tellsChapters(...chapters: [seconds: number, kind: Chapter["kind"]][]): void {
    const made = chapters.map(([seconds, kind]) => ({
      run_seconds: seconds,
      fraction: seconds / 1000,
      kind,
      title: "",
    }));
    this.says({ type: "story", story: { ...BLANK_STORY, chapters: made } });
  }

  /** Says that it has done all it was told. */
  obeysAll(): void {
    for (const message of this.#inbox.splice(0)) if (message.type === "command") this.#commands += 1;
    this.says({ type: "state", state: engineState(), commands: this.#commands });
  }

  /** Answers as the real one does, and plays a little. */
  livesOn(): void {
    for (const message of this.#inbox.splice(0)) this.#obey(message);
    if (this.#going) this.says({ type: "text", text: "engine" });
    if (this.#going) this.#tell();
  }

  #obey(message: ToEngine): void {
    if (message.type === "open") {
      Object.assign(this, { paused: false, speed: 1 });
      this.#going = false;
      this.says({ type: "opened", id: message.id, problems: [], state: this.#state() });
    } else if (message.type === "advance") {
      this.says({ type: "advanced", showSeconds: message.showSeconds, state: this.#state() });
    } else if (message.type === "go") {
      this.#going = true;
    } else if (message.type === "command") {
      this.#commands += 1;
      if (message.name === "pause" || message.name === "resume") this.paused = message.name === "pause";
      if (message.name === "speed") this.speed = Number(message.argument);
      this.says({ type: "text", text: "engine" });
      this.#tell();
    }
  }

  #tell(): void {
    this.says({ type: "state", state: this.#state(), commands: this.#commands });
  }

  #state(): State {
    return engineState({ paused: this.paused, speed: this.speed });
  }
}

export interface StageOptions {
  recorded?: boolean;
  canRun?: boolean;
  query?: string;
}

/** Call under `vi.useFakeTimers()`. */
export function makeStage({ recorded = true, canRun = true, query = "seed=1" }: StageOptions = {}) {
  const trace: string[] = [];
  const terminal = new FakeTerminal(trace);
  const engine = new FakeEngine(trace);
  const show = new Show({
    terminal: terminal as unknown as TerminalView,
    engine: canRun ? () => engine as unknown as EngineClient : null,
    recording: recorded ? new Recording(recordingData()) : null,
    recordingFor: async ({ columns }) => new Recording(recordingData(columns < 80 ? 48 : 80)),
    posterFor: async (asked, grid) => `poster of ${asked} for ${grid.columns}`,
    query,
  });
  terminal.mode = () => show.mode;
  const told: string[] = [];
  const note = <Name extends keyof ShowEvents>(name: Name, words: (value: ShowEvents[Name]) => string) =>
    show.on(name, (value) => {
      told.push(`${name} ${words(value)}`.trimEnd());
      if (name !== "state" && name !== "query") trace.push(`told ${told.at(-1)}`);
    });
  note("mode", String);
  note("query", String);
  note("problems", (problems) => problems.map(({ option }) => option).join());
  note("failed", String);
  note("news", ({ kind, cause }) => `${kind} ${cause}`);
  note("phase", String);
  note("ended", () => "");
  note("state", (state) =>
    [state.paused ? "paused" : "", state.ended ? "ended" : "", `${state.speed}x`, `show ${state.show_seconds}`]
      .concat(`of ${state.total_show_seconds}`, `run ${state.run_seconds} of ${state.total_seconds}`)
      .join(" ")
      .trim(),
  );
  /** What has happened since this was last asked. */
  const happened = (): string[] => trace.splice(0);
  return { show, terminal, engine, told, happened, pass };
}

/** Lets the browser draw frames for so many seconds. */
export async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1000);
}
