/**
 * The show on the page: one set of controls over whichever source has the screen. It begins with a recording or a boot
 * screen and goes on with the engine. `states.ts` says what leads where; `stage.ts` does it.
 */

import { FASTEST, SLOWEST } from "../generated/constants";
import type { Explanation, MoveName, Offers, Problem, Score, Trouble, Weighing } from "../generated/protocol";
import { Announcements } from "./announcements";
import { Latest } from "./latest";
import { ANEW, type Moment, Stage, type StageOptions } from "./stage";
import { type Happening, MODES, type Mode, type StateName, step } from "./states";
import { Wishes } from "./wishes";

export class Show extends Announcements {
  readonly terminal: StageOptions["terminal"];
  readonly #stage: Stage;
  #name: StateName;
  #unseen = false;
  #grasped = false;
  #resting = false;
  readonly #places = new Latest<number>((fraction, shown) => this.#goToFraction(fraction, shown));
  readonly #wishes = new Wishes();

  constructor(options: StageOptions) {
    super();
    this.terminal = options.terminal;
    this.#name = options.recording === null ? "empty" : "loaded";
    this.#stage = new Stage(options);
    this.#stage.on("state", (state) => this.tell(state));
    this.#stage.on("opened", (problems) => this.#opened(problems));
    this.#stage.on("over", () => this.#happen("over"));
    this.#stage.on("failed", (message) => this.#failed(message));
    this.#stage.on("query", (query) => this.emit("query", query));
    this.#stage.on("story", (story) => this.tellStory(story));
    this.#stage.on("news", (news) => this.tellNews(news));
    this.#stage.on("replied", (answer) => this.#wishes.answer(answer));
    this.#stage.on("lacking", (why) => this.emit("lacking", why));
    this.#stage.on("waiting", () => this.emit("waiting", undefined));
    this.#stage.on("loading", (progress) => this.emit("loading", progress));
  }

  get mode(): Mode {
    return MODES[this.#name];
  }

  /** What asks for the run on show. */
  get query(): string {
    return this.#stage.query;
  }

  /** What to share of it. */
  get moment(): Moment {
    return this.#stage.moment;
  }

  /** Nothing that was asked for is still to be done. */
  get isSettled(): boolean {
    return !this.#stage.source.busy;
  }

  /** There is an engine, or one to come: without it there are no chapters, seeds and asciicasts. */
  get hasEngine(): boolean {
    return !this.#stage.alone;
  }

  begin(): void {
    this.#happen("begin");
    this.#announce();
  }

  /** Shows one moment and waits; `play` then begins at the beginning. */
  hold(showSeconds: number): void {
    this.#stage.stillSeconds = showSeconds;
    this.#happen("hold");
    this.#announce();
  }

  /** Starts loading the engine and opens the run in it. */
  loadEngine(): void {
    this.#stage.loadEngine();
  }

  play(): void {
    if (this.#leavePoster()) return;
    if (this.state.ended) this.move("restart");
    else this.#resume();
  }

  pause(): void {
    this.#stage.source.pause();
    this.#announce();
  }

  toggle(): void {
    if (this.state.paused || this.state.ended) this.play();
    else this.pause();
  }

  setSpeed(factor: number): void {
    this.#stage.source.speed(Math.min(FASTEST, Math.max(SLOWEST, factor)));
    this.#announce();
  }

  /** To another place in the run, or to another run. What the recording cannot follow waits for the engine. */
  move(name: MoveName, argument = ""): void {
    this.terminal.showNewest();
    this.#leavePoster();
    if (ANEW.has(name) && this.state.paused) this.#resume();
    this.#stage.move([name, argument]);
  }

  /** The same options with other noise. */
  newSeed(seed: string): void {
    const query = new URLSearchParams(this.query);
    query.set("seed", seed);
    this.#stage.ask(query.toString());
    this.move("seed", seed);
  }

  /** Begin again at the end, or not. */
  loop(loops: boolean): void {
    this.#stage.loop(loops);
  }

  /** Tells `news` from now on: looking for what is passed takes time. */
  listen(): void {
    this.#stage.listen();
  }

  /** The core's answer about the run on show, as JSON; empty where no engine comes. */
  inquire(question: "curve" | "events" | "places", asked: unknown[]): Promise<string> {
    return this.hasEngine ? this.#stage.inquire(question, JSON.stringify(asked)) : Promise.resolve("");
  }

  /** What can be let happen in the run on show and is meant by some letters, the likeliest first. */
  possible(typed: string): Promise<Trouble[]> {
    return this.#stage.possible(typed);
  }

  /** What the run on show is and can be compared with; null where that cannot be said. */
  weighing(): Promise<Weighing | null> {
    return this.#stage.weighing();
  }

  /**
   * What there is to say of a row of the terminal (`row UP COLUMN`, counted from the last row and the first column), of what
   * was told last by a time (`at SECONDS`) or a place (`place WORDS`), or, without words, by now. Null where there is nothing.
   */
  explain(wish: string): Promise<Explanation | null> {
    return this.#stage.explain(wish);
  }

  /**
   * Lets something happen right after the moment on show: its name, and ,gpu=N ,node=N or ,rack=N for where. The answer is
   * why it does not happen, or nothing. Until the engine plays, it waits.
   */
  inject(words: string): Promise<string> {
    return this.#wish("inject", words, "nothing can be let happen");
  }

  /** What waits for a decision and what can be decided now; null where that cannot be said. */
  offers(): Promise<Offers | null> {
    return this.#stage.offers();
  }

  /** What a value means that is written for a decision, as `drain,node=12`; empty for no more than it says. */
  meaning(words: string): Promise<string> {
    return this.#stage.meaning(words);
  }

  /** What a chart of the screen has at a cell, its row counted up from the last one: `UP COLUMN`. Empty where there is none. */
  reading(cell: string): Promise<string> {
    return this.#stage.reading(cell);
  }

  /** How the decisions so far do, beside the automatic policy and nobody; null where nobody is on call. */
  score(): Promise<Score | null> {
    return this.#stage.score();
  }

  /** Decides something right after the moment on show: an action, and ,name=value for what it is given. The answer is why not, or nothing. */
  decide(words: string): Promise<string> {
    return this.#wish("decide", words, "nothing can be decided");
  }

  /** To a step or a time as somebody typed it. The answer is why not, or nothing. */
  goTo(typed: string): Promise<string> {
    return this.#jump("goto", typed, "there are no steps to go to");
  }

  /** Plays on, and pauses at a place. The answer is why not, or nothing. */
  playUntil(typed: string): Promise<string> {
    const answer = this.#wish("play-until", typed, "it cannot be told where that is");
    this.#resume();
    return answer;
  }

  /** To where the next incident begins, or with -1 the previous one. The answer is why not, or nothing. */
  incident(direction: 1 | -1): Promise<string> {
    return this.#jump("incident", String(direction), "nothing goes wrong");
  }

  /** Where it is refused, even what has been scrolled to stays. */
  async #jump(name: MoveName, words: string, without: string): Promise<string> {
    const refusal = await this.#wish(name, words, without);
    if (refusal === "") this.terminal.showNewest();
    return refusal;
  }

  #wish(name: MoveName, words: string, without: string): Promise<string> {
    if (!this.hasEngine) return Promise.resolve(`The simulator does not run here: ${without}.`);
    this.#leavePoster();
    this.loadEngine();
    const answer = this.#wishes.make(name, words);
    this.#stage.move([name, words]);
    return answer;
  }

  // ---- by hand

  /** A hand has taken hold of the place: the clock stands still until it lets go, and the show is not paused. */
  grasp(): void {
    this.#grasped = true;
    this.#settle();
  }

  letGo(): void {
    this.#grasped = false;
    this.#settle();
  }

  /** To a part of the run, as fast as the screen can follow; places that come faster replace each other. */
  scrub(fraction: number): void {
    this.#places.ask(fraction);
  }

  /** What the state says is not where the hand is. */
  get isScrubbing(): boolean {
    return this.#grasped || this.#places.busy;
  }

  #goToFraction(fraction: number, shown: () => void): void {
    this.terminal.showNewest();
    this.#leavePoster();
    this.#stage.move(["seek-fraction", String(fraction)], shown);
  }

  /** Nobody looks: the clock stands still, and the show is not paused. */
  rest(resting: boolean): void {
    this.#unseen = resting;
    this.#settle();
  }

  #settle(): void {
    const resting = this.#unseen || this.#grasped;
    if (resting !== this.#resting) this.#stage.rest(resting);
    this.#resting = resting;
  }

  /** Opens other options without loading the page anew. */
  open(query: string): void {
    this.#wishes.refuseAll("Another run was opened before it could happen.");
    this.#places.forget();
    this.#stage.ask(query);
    this.#happen("reopen");
  }

  /** The page around has other options: behind a play button they change the picture, and it still waits. */
  replace(query: string, stillSeconds: number, isOther: boolean): void {
    if (!this.isHeld) {
      if (isOther) this.open(query);
      return;
    }
    this.#stage.stillSeconds = stillSeconds;
    this.#stage.ask(query);
    this.#happen("replace");
    this.#announce();
  }

  /** Behind a play button. */
  get isHeld(): boolean {
    return step(this.#name, "replace") !== undefined;
  }

  asciicast(): Promise<string> {
    return this.#stage.asciicast();
  }

  log(): Promise<string> {
    return this.#stage.log();
  }

  #resume(): void {
    this.#stage.source.play();
    this.#announce();
  }

  /** Whether there was one. */
  #leavePoster(): boolean {
    if (!this.#happen("play")) return false;
    this.loadEngine();
    if (this.#stage.opened) this.#happen("opened");
    this.#announce();
    return true;
  }

  #opened(problems: Problem[]): void {
    this.emit("problems", problems);
    this.#happen("opened");
  }

  #failed(message: string): void {
    this.#wishes.refuseAll(message);
    this.#happen("failed");
    this.emit("failed", message);
    this.#announce();
  }

  #happen(what: Happening): boolean {
    const found = step(this.#name, what);
    if (found === undefined) return false;
    const before = this.mode;
    this.#name = found.next;
    this.#stage[found.action]();
    if (this.mode !== before) this.emit("mode", this.mode);
    return true;
  }

  /** A change that the engine has not confirmed yet, or cannot: controls answer at once. */
  #announce(): void {
    this.tell(this.#stage.source.state);
  }
}
