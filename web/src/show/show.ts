/**
 * The show on the page: first the recording, then the engine, one set of controls over both.
 *
 *     boot ────────────────┐
 *     recording ──(hand-over)──▶ engine        recording stays where there is no WebAssembly
 *
 * Hand-over: once the engine has opened the run at the recording's options and size, a frame a little ahead is chosen;
 * the engine advances silently to that moment, the recording plays up to it, and the engine's next frame follows. A
 * pause in between only delays it. Commands that a recording cannot follow (seek, chapter, new seed) wait for the engine.
 */

import type { EngineClient } from "../engine/client";
import type { CommandName, EngineState, FromEngine, Problem, Story } from "../engine/protocol";
import { DrawingTime } from "../terminal/drawing";
import type { Grid } from "../terminal/fit";
import type { TerminalView } from "../terminal/terminal";
import { type BootProgress, bootLine, bootScreen } from "./boot-screen";
import { Deck } from "./deck";
import { Hub } from "./events";
import { passedMilestones } from "./milestones";
import type { Recording } from "./recording";
import { BLANK_STATE, BLANK_STORY } from "./state";

/** Show time between choosing the hand-over's frame and reaching it: the engine advances meanwhile. */
const HAND_OVER_LEAD_SECONDS = 0.3;
const SLOWEST = 0.1;
const FASTEST = 10_000;
/** An empty terminal without a cursor. As text it stays behind what was written before and is not parsed yet. */
const CLEAR = "\u001bc\u001b[?25l";

export type Mode = "boot" | "recording" | "engine";

export interface ShowEvents {
  state: EngineState;
  story: Story;
  mode: Mode;
  loading: BootProgress;
  problems: Problem[];
  failed: string;
  milestone: { kind: string; run_seconds: number; title: string };
  phase: string;
  ended: undefined;
}

export interface ShowOptions {
  terminal: TerminalView;
  /** Null where there is no WebAssembly: the recording is all there is. */
  engine: (() => EngineClient) | null;
  recording: Recording | null;
  /** The same moment recorded for another width, if there is one. */
  recordingFor: (grid: Grid) => Promise<Recording | null>;
  query: string;
  paused: boolean;
}

export class Show extends Hub<ShowEvents> {
  readonly terminal: TerminalView;
  #makeEngine: (() => EngineClient) | null;
  readonly #recordingFor: ShowOptions["recordingFor"];
  #engine: EngineClient | null = null;
  #deck: Deck | null;
  #query: string;
  #mode: Mode;
  #paused: boolean;
  #speed = 1;
  #resting = false;
  #opened = false;
  #handOver: "none" | "advancing" | "ready" = "none";
  #handOverSeconds = 0;
  #waiting: [CommandName, string][] = [];
  #still: number | null = null;
  #jumped = true;
  #openedGrid: Grid = { columns: 0, rows: 0 };
  #commandsSent = 0;
  readonly #drawing = new DrawingTime((milliseconds) => this.#engine?.send({ type: "drawn", milliseconds }));
  state: EngineState = BLANK_STATE;
  story: Story = BLANK_STORY;

  constructor(options: ShowOptions) {
    super();
    this.terminal = options.terminal;
    this.#makeEngine = options.engine;
    this.#deck = options.recording === null ? null : this.#makeDeck(options.recording);
    this.#recordingFor = options.recordingFor;
    this.#query = options.query;
    this.#paused = options.paused;
    this.#mode = options.recording === null ? "boot" : "recording";
    this.terminal.onGrid((grid) => void this.#resized(grid));
  }

  get mode(): Mode {
    return this.#mode;
  }

  get query(): string {
    return this.#query;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get hasEngine(): boolean {
    return this.#makeEngine !== null;
  }

  /** Shows one moment and waits; `play` then begins at the beginning. */
  showStill(showSeconds: number): void {
    this.#still = showSeconds;
    this.#paused = true;
    this.#clear();
    this.#deck?.show(showSeconds);
    this.#announce();
  }

  /** Plays the recording, or shows the boot screen. */
  start(): void {
    if (this.#still === null) this.#begin();
  }

  #begin(): void {
    this.#clear();
    if (this.#mode === "boot") this.terminal.write(bootScreen(this.#query, this.terminal.grid.columns));
    this.#announce();
    this.#deck?.start();
  }

  /** Starts loading the engine and opens the run in it. */
  loadEngine(): void {
    if (this.#engine !== null || this.#makeEngine === null) return;
    this.#engine = this.#makeEngine();
    this.#engine.listen((message) => this.#receive(message));
    this.#sendOpen();
  }

  play(): void {
    const wasStill = this.#still !== null;
    this.#still = null;
    this.#paused = false;
    if (this.state.ended) this.command("restart");
    else if (wasStill) this.#playFromStill();
    else if (this.#mode === "engine") this.#send("resume");
    this.#announce();
  }

  pause(): void {
    this.#paused = true;
    if (this.#mode === "engine") this.#send("pause");
    this.#announce();
  }

  toggle(): void {
    if (this.#paused || this.state.ended) this.play();
    else this.pause();
  }

  setSpeed(factor: number): void {
    this.#speed = Math.min(FASTEST, Math.max(SLOWEST, factor));
    if (this.#mode === "engine") this.#send("speed", String(this.#speed));
    this.#announce();
  }

  get speed(): number {
    return this.#speed;
  }

  /** Seek, skip, chapter, restart, seed: whatever moves the place in the run. */
  command(name: CommandName, argument = ""): void {
    this.#jumped = true;
    if (this.#still !== null) this.play();
    if (this.#mode === "engine") this.#sendMove(name, argument);
    else if (this.#makeEngine === null) this.#moveRecording(name, argument);
    else this.#waiting.push([name, argument]);
  }

  /** The same options with other noise. */
  newSeed(seed: string): void {
    const query = new URLSearchParams(this.#query);
    query.set("seed", seed);
    this.#query = query.toString();
    this.command("seed", seed);
  }

  /** Nobody looks: the clock stands still, and the show is not paused. */
  rest(resting: boolean): void {
    if (resting === this.#resting) return;
    this.#resting = resting;
    this.#engine?.send({ type: "rest", resting });
    this.#tellDeck();
  }

  /** Opens other options without loading the page anew. */
  open(query: string): void {
    this.#query = query;
    this.#leaveDeck();
    this.#opened = false;
    this.#still = null;
    this.#paused = false;
    this.#setMode("boot");
    if (this.#engine === null) this.loadEngine();
    else this.#sendOpen();
  }

  async asciicast(): Promise<string> {
    return (await this.#engine?.ask("asciicast")) ?? "";
  }

  // ---- the recording

  #makeDeck(recording: Recording): Deck {
    return new Deck(recording, {
      write: (text) => this.terminal.write(text),
      clear: () => this.#clear(),
      changed: () => this.#announce(),
      takenOver: () => this.#takenOver(),
    });
  }

  /** A command that waits for the engine repaints the screen anyway: then the moment does not matter. */
  #takenOver(): boolean {
    const now = this.#deck?.recording.arrived || this.#waiting.length > 0;
    if (this.#handOver !== "ready" || !now) return false;
    this.#takeOver();
    return true;
  }

  #moveRecording(name: CommandName, argument: string): void {
    if (name === "restart") this.#paused = false;
    this.#deck?.move(name, argument);
    this.#announce();
  }

  #tellDeck(): void {
    if (this.#deck === null) return;
    this.#deck.halted = this.#paused || this.#resting;
    this.#deck.speed = this.#speed;
  }

  #playFromStill(): void {
    this.loadEngine();
    this.#deck?.show(0);
    if (this.#mode === "engine") {
      this.#sendMove("restart", "");
      return;
    }
    this.#begin();
    if (this.#opened) this.#engineOpened();
  }

  // ---- the engine

  #receive(message: FromEngine): void {
    switch (message.type) {
      case "progress":
        this.#progress(message);
        break;
      case "opened":
        this.#opened = true;
        this.emit("problems", message.problems);
        if (this.#mode !== "recording") this.#tellState(message.state);
        if (this.#still === null || this.#deck === null) this.#engineOpened();
        break;
      case "advanced":
        this.#handOver = "ready";
        break;
      case "text":
        this.#text(message.text);
        break;
      case "state":
        if (this.#mode === "engine") this.#tellState(this.#withOwnWishes(message.state, message.commands));
        break;
      case "story":
        this.#tellStory(message.story);
        break;
      case "failed":
        this.#makeEngine = null; // what is recorded is all there is now
        this.emit("failed", message.message);
        break;
      case "answer":
      case "alive":
        break;
    }
  }

  #progress(progress: BootProgress): void {
    if (this.#mode === "boot" && this.#still === null) {
      this.terminal.write(bootLine(progress, this.terminal.grid.columns));
    }
    this.emit("loading", progress);
  }

  #engineOpened(): void {
    if (this.#deck === null) {
      this.#clear();
      this.#takeOver();
      return;
    }
    const lead = this.#waiting.length > 0 ? 0 : HAND_OVER_LEAD_SECONDS * this.#speed;
    this.#handOver = "advancing";
    this.#handOverSeconds = this.#deck.recording.stopAhead(lead);
    this.#engine?.send({ type: "advance", showSeconds: this.#handOverSeconds });
  }

  #takeOver(): void {
    this.#leaveDeck();
    this.#setMode("engine");
    const opened = this.#openedGrid;
    const { columns, rows } = this.terminal.grid;
    if (opened.columns !== columns || opened.rows !== rows) this.#send("resize", `${columns}x${rows}`);
    if (this.#speed !== 1) this.#send("speed", String(this.#speed));
    if (this.#still !== null) this.#send("skip", String(this.#still));
    for (const [name, argument] of this.#waiting.splice(0)) this.#sendMove(name, argument);
    if (this.#paused) this.#send("pause");
    this.#engine?.send({ type: "go" });
  }

  #text(text: string): void {
    const written = (): void => {
      this.#engine?.send({ type: "written", characters: text.length });
      this.#drawing.written();
    };
    if (this.#mode === "engine") this.terminal.write(text, written);
    else written();
  }

  #leaveDeck(): void {
    this.#deck?.stop();
    this.#deck = null;
    this.#handOver = "none";
  }

  /** The engine has the recording's size until it has taken over. */
  #sendOpen(): void {
    const { columns, rows } = this.#deck?.recording.data ?? this.terminal.grid;
    this.#openedGrid = { columns, rows };
    this.#engine?.send({ type: "open", query: this.#query, columns, rows });
  }

  #send(name: CommandName, argument = ""): void {
    this.#commandsSent += 1;
    this.#engine?.send({ type: "command", name, argument });
  }

  #sendMove(name: CommandName, argument: string): void {
    if (name === "restart" || name === "seed") {
      this.#paused = false;
      this.terminal.xterm.clear();
    }
    this.#send(name, argument);
    if (!this.#paused && this.state.paused) this.#send("resume");
  }

  async #resized(grid: Grid): Promise<void> {
    if (this.#mode === "engine") {
      this.#send("resize", `${grid.columns}x${grid.rows}`);
      return;
    }
    const other = this.#deck === null ? null : await this.#recordingFor(grid);
    if (other !== null && this.#deck !== null) this.#swapRecording(this.#deck, other);
  }

  /** The same moment, recorded for another width. */
  #swapRecording(deck: Deck, other: Recording): void {
    const { columns, rows } = other.data;
    if (columns === deck.recording.data.columns) return;
    const place = this.#still ?? deck.recording.clockSeconds;
    if (this.#handOver !== "none") other.stopAt(this.#handOverSeconds);
    deck.recording = other;
    deck.show(place);
    this.#openedGrid = { columns, rows };
    this.#send("resize", `${columns}x${rows}`);
  }

  // ---- what the page is told

  #clear(): void {
    this.terminal.write(CLEAR);
  }

  #setMode(mode: Mode): void {
    this.#mode = mode;
    this.#jumped = true;
    this.emit("mode", mode);
  }

  #tellStory(story: Story): void {
    this.story = story;
    this.emit("story", story);
  }

  /** A state from before the last command does not know yet what was asked for. */
  #withOwnWishes(state: EngineState, commands: number): EngineState {
    return commands === this.#commandsSent ? state : { ...state, paused: this.#paused, speed: this.#speed };
  }

  #tellState(state: EngineState): void {
    const before = this.state;
    this.state = state;
    this.#paused = state.paused;
    this.#speed = state.speed;
    if (!this.#jumped) {
      for (const chapter of passedMilestones(this.story.chapters, before.run_seconds, state.run_seconds)) {
        this.emit("milestone", chapter);
      }
    }
    this.#jumped = false;
    if (state.phase !== before.phase) this.emit("phase", state.phase);
    this.emit("state", state);
    if (state.ended && !before.ended) this.emit("ended", undefined);
  }

  /** A change that the engine has not confirmed yet, or cannot: controls answer at once. */
  #announce(): void {
    this.#tellDeck();
    const recording = this.#deck?.recording ?? null;
    const ended = recording !== null && this.#makeEngine === null && recording.ended;
    const before = this.state;
    this.state = {
      ...this.state,
      paused: this.#paused || ended,
      speed: this.#speed,
      ended: recording ? ended : this.state.ended,
    };
    if (recording !== null) {
      this.state.show_seconds = recording.clockSeconds;
      this.state.total_show_seconds = this.#makeEngine === null ? recording.data.seconds : 0;
    }
    this.emit("state", this.state);
    if (this.state.ended && !before.ended) this.emit("ended", undefined);
  }
}
