/**
 * The engine as a source. It answers later than it is asked: until it has obeyed every command, what was asked for is
 * laid over what it says.
 */

import type { EngineClient } from "../engine/client";
import type { FromEngine, Question } from "../engine/protocol";
import { MOVES } from "../generated/constants";
import type { CommandName, News, Problem, Story } from "../generated/protocol";
import { DrawingTime } from "../terminal/drawing";
import type { Grid } from "../terminal/fit";
import { Arrivals } from "./arrivals";
import { BLANK_STATE, type ShowState } from "./blank";
import type { BootProgress } from "./boot-screen";
import { Hub } from "./events";
import type { Capabilities, Move, Source, SourceEvents } from "./source";

export interface Failure {
  message: string;
  /** Not only the run: nothing can be opened any more. */
  isOver: boolean;
}

/** What becomes of what was asked for: why it does not happen, or nothing. */
export interface Answer {
  name: CommandName;
  words: string;
  refusal: string;
}

export interface EngineEvents extends SourceEvents {
  loading: BootProgress;
  /** The run that was asked for last is there, held at its beginning. */
  opened: Problem[];
  /** It has come to the moment that it was sent to in silence. */
  advanced: undefined;
  story: Story;
  news: News[];
  replied: Answer;
  /** Something that was asked for could not be had; why. */
  lacking: string;
  failed: Failure;
}

/** After these another query asks for the run on show. */
const CHANGES_RUN: Capabilities = new Set(["seed", "inject", "decide"]);

export class EngineSource extends Hub<EngineEvents> implements Source {
  readonly can: Capabilities = new Set(MOVES);
  readonly #client: EngineClient;
  readonly #drawing: DrawingTime;
  readonly #arrivals = new Arrivals();
  #said = BLANK_STATE;
  #paused = false;
  #speed = 1;
  #loops = false;
  #grid: Grid = { columns: 0, rows: 0 };
  /** The run that was asked for last, and the one that is there. */
  #asked = 0;
  #there = 0;
  #sent = 0;
  #obeyed = 0;
  /** How many commands were sent up to the last one that makes another run of this one. */
  #changing = 0;

  /** @param crowd how many shows the page's thread has to draw, about: each leaves the others as much time */
  constructor(client: EngineClient, crowd = 1) {
    super();
    this.#client = client;
    this.#drawing = new DrawingTime((took) => client.send({ type: "drawn", milliseconds: took * crowd }));
    client.listen((message) => this.#receive(message));
  }

  get state(): ShowState {
    return { ...this.#said, paused: this.#paused, speed: this.#speed };
  }

  get busy(): boolean {
    return this.#obeyed !== this.#sent;
  }

  /** The run that it tells of is the one that was asked for: nothing that changes it is under way. */
  get isSettled(): boolean {
    return this.opened && this.#obeyed >= this.#changing;
  }

  /** The run that was asked for last is there. */
  get opened(): boolean {
    return this.#there === this.#asked;
  }

  open(query: string, grid: Grid): void {
    this.#asked += 1;
    this.#grid = grid;
    this.#client.send({ type: "open", id: this.#asked, query, ...grid });
    if (this.#loops) this.#command("loop", "1");
  }

  /** Begin again at the end, or not. */
  loop(loops: boolean): void {
    if (loops === this.#loops) return;
    this.#loops = loops;
    if (this.#asked > 0) this.#command("loop", loops ? "1" : "0"); // else the run that is opened first is told
  }

  /** Somebody outside wants to know what is passed. */
  listen(): void {
    this.#client.send({ type: "listen" });
  }

  /** To a moment of the show that is on the screen already. */
  advance(showSeconds: number): void {
    this.#client.send({ type: "advance", showSeconds });
  }

  /** Starts the clock. */
  go(): void {
    this.#client.send({ type: "go" });
  }

  play(): void {
    this.#paused = false;
    this.#command("resume");
  }

  pause(): void {
    this.#paused = true;
    this.#command("pause");
  }

  rest(resting: boolean): void {
    this.#client.send({ type: "rest", resting });
  }

  speed(factor: number): void {
    this.#speed = factor;
    this.#command("speed", String(factor));
  }

  resize(grid: Grid): void {
    if (grid.columns === this.#grid.columns && grid.rows === this.#grid.rows) return;
    this.#grid = grid;
    this.#command("resize", `${grid.columns}x${grid.rows}`);
  }

  move([name, argument]: Move, shown?: () => void): void {
    this.#command(name, argument);
    if (shown !== undefined) this.#arrivals.await(this.#sent, shown);
    if (CHANGES_RUN.has(name)) this.#changing = this.#sent;
  }

  asciicast(): Promise<string> {
    return this.#client.ask("asciicast");
  }

  log(): Promise<string> {
    return this.#client.ask("log");
  }

  /** The core's own answer, as JSON. */
  ask(question: Exclude<Question, "asciicast" | "log">, words: string): Promise<string> {
    return this.#client.ask(question, words);
  }

  #command(name: CommandName, argument = ""): void {
    this.#sent += 1;
    this.#client.send({ type: "command", name, argument });
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case "progress":
        this.emit("loading", message);
        break;
      case "opened":
        this.#there = message.id;
        this.#arrivals.giveUp();
        this.#take(message.state);
        if (this.opened) this.emit("opened", message.problems);
        break;
      case "advanced":
        this.#take(message.state);
        this.emit("advanced", undefined);
        break;
      case "text":
        this.#text(message.text);
        break;
      case "state":
        this.#state(message.state, message.commands);
        break;
      case "story":
        if (this.opened) this.emit("story", message.story);
        break;
      case "news":
        if (this.opened) this.emit("news", message.news);
        break;
      case "replied":
        this.emit("replied", message);
        break;
      case "lacking":
        this.emit("lacking", message.message);
        break;
      case "failed":
        this.#arrivals.giveUp();
        this.emit("failed", message);
        break;
      case "answer":
      case "alive":
        break;
    }
  }

  #text(text: string): void {
    this.#arrivals.textCame();
    const written = (): void => {
      this.#client.send({ type: "written", characters: text.length });
      this.#drawing.written();
      this.#arrivals.textTaken();
    };
    this.emit("text", { text, written });
  }

  #state(state: ShowState, commands: number): void {
    this.#obeyed = commands;
    if (this.busy) this.#said = state;
    else this.#take(state);
    this.emit("state", this.state);
    this.#arrivals.obeyed(commands);
  }

  #take(state: ShowState): void {
    this.#said = state;
    this.#paused = state.paused;
    this.#speed = state.speed;
  }
}
