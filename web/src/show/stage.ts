/**
 * Who has the screen. The stage makes the sources, gives one of them the terminal at a time, and does what the rows of
 * `states.ts` say: each action is a method here.
 */

import type { EngineClient } from "../engine/client";
import type { Question } from "../engine/protocol";
import {
  type Explanation,
  type MoveName,
  type News,
  type Offers,
  type Problem,
  readExplanation,
  readOffers,
  readScore,
  readTrouble,
  readWeighing,
  type Score,
  type Story,
  type Trouble,
  type Weighing,
} from "../generated/protocol";
import { list, nullable, parse } from "../reading";
import { CLEAR } from "../terminal/codes";
import type { Grid } from "../terminal/fit";
import type { TerminalView } from "../terminal/terminal";
import { BLANK_STATE, type ShowState } from "./blank";
import type { BootProgress } from "./boot-screen";
import { BootSource } from "./boot-source";
import { type Answer, EngineSource, type Failure } from "./engine-source";
import { Hub } from "./events";
import { HandOver } from "./hand-over";
import { RecordedSource } from "./recorded-source";
import type { Recording } from "./recording";
import type { Move, Prelude, Source } from "./source";
import type { Action } from "./states";

/** After these the run is another one, or begins anew. */
export const ANEW: ReadonlySet<MoveName> = new Set(["restart", "seed"]);

export interface StageOptions {
  terminal: TerminalView;
  /** Null where there is no WebAssembly: the recording is all there is. */
  engine: (() => EngineClient) | null;
  recording: Recording | null;
  /** The same moment recorded for another width, if there is one. */
  recordingFor: (grid: Grid) => Promise<Recording | null>;
  /** The picture behind the play button where nothing is recorded, as text. */
  posterFor: (query: string, grid: Grid) => Promise<string>;
  query: string;
  /** How many shows the page's thread has to draw, about; one unless it is a frame of a page with others. */
  crowd?: number;
}

export interface Moment {
  query: string;
  runSeconds: number;
}

export interface StageEvents {
  /** Of whichever has the screen. */
  state: ShowState;
  opened: Problem[];
  /** The recording has come to where the engine is. */
  over: undefined;
  /** The recording has come to its end, and the engine is not there. */
  waiting: undefined;
  /** Another run is on show, or asked for. */
  query: string;
  story: Story;
  news: News[];
  replied: Answer;
  loading: BootProgress;
  /** Something that was asked for could not be had; why. */
  lacking: string;
  failed: string;
}

export class Stage extends Hub<StageEvents> implements Record<Action, () => void> {
  readonly #options: StageOptions;
  /** Asks for the run on show, or for the one that is being opened. */
  query: string;
  /** No engine will come: there is none here, or it failed. */
  alone: boolean;
  /** Show second of the picture behind a play button. */
  stillSeconds = 0;
  /** Whichever has the screen. */
  source: Source;
  #recording: RecordedSource | null = null;
  #prelude: Prelude;
  #engine: EngineSource | null = null;
  #handOver: HandOver | null = null;
  #waiting: Move[] = [];
  #resting = false;
  #loops = false;
  #isListenedTo = false;

  constructor(options: StageOptions) {
    super();
    this.#options = options;
    this.query = options.query;
    this.alone = options.engine === null;
    this.#prelude = options.recording === null ? this.#makeBoot() : this.#makeRecording(options.recording);
    this.source = this.#prelude;
    options.terminal.onGrid((grid) => this.source.resize(grid));
  }

  /** The engine has the run that was asked for last. */
  get opened(): boolean {
    return !this.alone && this.#engine?.opened === true;
  }

  /** Opens the run in the engine, which may have to come first. */
  loadEngine(): void {
    if (this.#engine !== null || this.#options.engine === null || this.alone) return;
    this.#engine = this.#makeEngine(this.#options.engine());
    this.#engine.open(this.query, this.#prelude.grid);
  }

  /** From now on this is the query. */
  ask(query: string): void {
    if (query === this.query) return;
    this.query = query;
    this.emit("query", query);
  }

  rest(resting: boolean): void {
    this.#resting = resting;
    this.#prelude.rest(resting);
    this.#engine?.rest(resting);
    this.#handOver?.settle();
  }

  /** Now, or as soon as somebody has the screen who can. */
  move(move: Move, shown?: () => void): void {
    const [name] = move;
    if (this.source.can.has(name)) {
      if (ANEW.has(name)) this.#options.terminal.forget();
      this.source.move(move, shown);
      return;
    }
    if (!this.alone) this.#wait(move);
    shown?.();
  }

  /** Of places in a row only the last one counts. */
  #wait(move: Move): void {
    if (move[0] === "seek-fraction" && this.#waiting.at(-1)?.[0] === move[0]) this.#waiting.pop();
    this.#waiting.push(move);
    this.#handOver?.hurry();
  }

  /** What asks for the run on show, and where in it the show is: both of the same word of the engine's. */
  get moment(): Moment {
    const { query, run_seconds } = this.source.state;
    if (this.source === this.#engine && this.#engine.isSettled) return { query, runSeconds: run_seconds };
    const isOpening = this.source !== this.#engine && this.source !== this.#recording; // the state is of the run before
    return { query: this.query, runSeconds: isOpening ? 0 : run_seconds };
  }

  async asciicast(): Promise<string> {
    return (await this.#engine?.asciicast()) ?? "";
  }

  /** The run's log up to now, every line whole; empty where no engine is there to tell it. */
  async log(): Promise<string> {
    return (await this.#engine?.log()) ?? "";
  }

  /** The core's answer about the run on show, as JSON, as soon as the engine has the run; empty where it never will. */
  async inquire(question: Exclude<Question, "asciicast" | "log">, words = ""): Promise<string> {
    this.loadEngine();
    return (await this.#engine?.ask(question, words)) ?? "";
  }

  /** What can be let happen in the run and is meant by some letters. */
  async possible(typed: string): Promise<Trouble[]> {
    const found = await this.inquire("possible", typed);
    return found === "" ? [] : parse(found, list(readTrouble));
  }

  /** What a value means that is written for a decision; empty for no more than it says. */
  meaning(words: string): Promise<string> {
    return this.inquire("meaning", words);
  }

  /** What a chart of the screen has at a cell; empty where there is none. */
  reading(cell: string): Promise<string> {
    return this.inquire("reading", cell);
  }

  /** Begin again at the end, or not. */
  loop(loops: boolean): void {
    this.#loops = loops;
    this.#engine?.loop(loops);
  }

  /** Somebody outside wants to know what is passed. */
  listen(): void {
    this.#isListenedTo = true;
    this.#engine?.listen();
  }

  /** What there is to say of something; null where there is nothing, or no engine to ask. It waits until the engine plays. */
  async explain(wish: string): Promise<Explanation | null> {
    const found = await this.inquire("explain", wish);
    return found === "" ? null : parse(found, nullable(readExplanation));
  }

  /** What the run on show is and can be compared with; null where that cannot be said. */
  async weighing(): Promise<Weighing | null> {
    const found = await this.inquire("weighing");
    return found === "" ? null : parse(found, readWeighing);
  }

  /** What waits for a decision and what can be decided now; null where that cannot be said. */
  async offers(): Promise<Offers | null> {
    const found = await this.inquire("offers");
    return found === "" ? null : parse(found, readOffers);
  }

  /** How the decisions so far do; null where nobody is on call. */
  async score(): Promise<Score | null> {
    const found = await this.inquire("score");
    return found === "" ? null : parse(found, nullable(readScore));
  }

  // ---- actions of the table

  hold(): void {
    this.#prelude.pause();
    this.#prelude.hold(this.stillSeconds);
  }

  start(): void {
    this.#prelude.play();
    this.#prelude.start(this.query);
  }

  handOver(): void {
    if (this.#recording === null || this.#engine === null) return;
    const over = (): void => this.emit("over", undefined);
    const hurried = this.#waiting.length > 0;
    this.#handOver = new HandOver({ recording: this.#recording, engine: this.#engine, hurried, over });
  }

  takeOver(): void {
    const engine = this.#engine;
    if (engine === null) return;
    this.#leavePrelude();
    this.source = engine;
    engine.resize(this.#options.terminal.grid);
    const isThere = this.#waiting.length === 0;
    for (const move of this.#waiting.splice(0)) this.move(move);
    this.#prelude.passOnTo(engine);
    engine.go();
    if (isThere) this.#tell(engine.state);
  }

  /** Nothing is on the screen that the engine could go on from. */
  takeOverCleared(): void {
    this.#options.terminal.write(CLEAR);
    this.takeOver();
    this.#tell(this.source.state);
  }

  takeOverHeld(): void {
    this.#waiting.unshift(["skip", String(this.stillSeconds)]);
    this.takeOverCleared();
  }

  playAnew(): void {
    this.source.play();
    this.move(["restart", ""]);
  }

  playOn(): void {
    this.#handOver?.cancel();
  }

  reopen(): void {
    this.#beginOther(this.source.state);
    if (!this.opened) this.#prelude.start(this.query);
    if (this.#engine === null) this.loadEngine();
    else this.#engine.open(this.query, this.#prelude.grid);
  }

  reopenHeld(): void {
    this.#beginOther(BLANK_STATE);
    this.hold();
    this.#engine?.open(this.query, this.#prelude.grid);
  }

  #beginOther(before: ShowState): void {
    this.#leavePrelude();
    this.#waiting = [];
    this.#prelude = this.#makeBoot(before);
    this.source = this.#prelude;
  }

  #leavePrelude(): void {
    this.#handOver?.cancel();
    this.#handOver = null;
    this.#recording = null;
    this.#prelude.close();
  }

  // ---- sources

  #makeRecording(recording: Recording): Prelude {
    const { recordingFor } = this.#options;
    this.#recording = this.#follow(new RecordedSource({ recording, recordingFor, alone: this.alone }));
    this.#recording.on("resized", (grid) => this.#engine?.resize(grid));
    this.#recording.on("waiting", () => this.emit("waiting", undefined));
    return this.#recording;
  }

  #makeBoot(before = BLANK_STATE): Prelude {
    const { terminal, posterFor } = this.#options;
    const poster = (grid: Grid): Promise<string> => posterFor(this.query, grid);
    return this.#follow(new BootSource({ size: () => terminal.grid, poster }, before));
  }

  #makeEngine(client: EngineClient): EngineSource {
    const engine = this.#follow(new EngineSource(client, this.#options.crowd));
    engine.on("loading", (progress) => {
      this.#prelude.loading(progress);
      this.emit("loading", progress);
    });
    engine.on("opened", (problems) => this.emit("opened", problems));
    engine.on("story", (story) => this.emit("story", story));
    engine.on("news", (news) => this.emit("news", news));
    engine.on("replied", (answer) => this.emit("replied", answer));
    engine.on("lacking", (why) => this.emit("lacking", why));
    engine.on("failed", (failure) => this.#fail(failure));
    if (this.#resting) engine.rest(true);
    if (this.#isListenedTo) engine.listen();
    engine.loop(this.#loops);
    return engine;
  }

  /** Lets it write and tell while it has the screen. */
  #follow<Kind extends Source>(source: Kind): Kind {
    source.on("text", ({ text, written }) => {
      if (source === this.source) this.#options.terminal.write(text, written);
      else written?.();
    });
    source.on("state", (state) => {
      if (source === this.source) this.#tell(state);
    });
    return source;
  }

  /** What is on show is what is shared and opened anew: in a later run of the show that is another query. */
  #tell(state: ShowState): void {
    if (this.source === this.#engine && this.#engine.isSettled) this.ask(state.query);
    this.emit("state", state);
  }

  #fail({ message, isOver }: Failure): void {
    this.alone ||= isOver;
    this.#prelude.standAlone();
    this.emit("failed", message);
    for (const move of this.#waiting.splice(0)) this.move(move);
  }
}
