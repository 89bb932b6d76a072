/**
 * Runs one session: gives it the time that has passed, sends its text, obeys commands between frames.
 *
 * The same class works in the worker and on the page's thread. A tick is one call into Python. Where a call must be
 * short (on the page's thread) `sliceMilliseconds` is set: the show time given to one call shrinks until calls fit.
 */

import { Flow } from "./flow";
import type { CommandName, EngineState, FromEngine, Story, ToEngine } from "./protocol";
import type { BrowserModule, Session } from "./python";

const SHORTEST_TICK_MILLISECONDS = 33;
const LONGEST_TICK_MILLISECONDS = 250;
/** The page's thread may be busy with drawing for this part of the time; the rest is the visitor's. */
const DRAWING_SHARE = 0.3;
const STATE_EVERY_MILLISECONDS = 200;
/** Longer gaps (a laptop lid, a stalled tab) are not played: the show goes on from where it was. */
const LONGEST_GAP_SECONDS = 1;
const CURVE_POINTS = 240;
/** Shorter ones would make the show crawl where even an empty frame takes long. */
const SHORTEST_SLICE_SECONDS = 0.05;

export interface ConductorOptions {
  send: (message: FromEngine) => void;
  now?: () => number;
  sliceMilliseconds?: number;
}

export class Conductor {
  readonly #python: BrowserModule;
  readonly #send: (message: FromEngine) => void;
  readonly #now: () => number;
  readonly #sliceMilliseconds: number;
  #sliceSeconds = LONGEST_GAP_SECONDS;
  #tickMilliseconds = SHORTEST_TICK_MILLISECONDS;
  #flow = new Flow();
  #session: Session | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #going = false;
  #resting = false;
  #last = 0;
  #stateSent = 0;
  #run = "";

  constructor(python: BrowserModule, options: ConductorOptions) {
    this.#python = python;
    this.#send = options.send;
    this.#now = options.now ?? (() => performance.now());
    this.#sliceMilliseconds = options.sliceMilliseconds ?? Number.POSITIVE_INFINITY;
  }

  receive(message: ToEngine): void {
    switch (message.type) {
      case "open":
        this.#open(message.query, message.columns, message.rows);
        break;
      case "advance":
        this.#advance(message.showSeconds);
        break;
      case "go":
        this.#going = true;
        this.#startClock();
        break;
      case "command":
        this.#command(message.name, message.argument);
        break;
      case "rest":
        this.#resting = message.resting;
        this.#startClock();
        break;
      case "written":
        this.#flow.written(message.characters);
        break;
      case "drawn":
        this.#tickMilliseconds = tickFor(message.milliseconds);
        break;
      case "ask":
        this.#send({ type: "answer", id: message.id, text: this.#session?.asciicast() ?? "" });
        break;
      case "boot":
        break;
    }
  }

  #open(query: string, columns: number, rows: number): void {
    this.#stopClock();
    this.#going = false;
    this.#session?.destroy?.();
    this.#session = this.#python.open_show(query, columns, rows, Math.floor(Date.now() / 1000));
    const problems = JSON.parse(this.#session.problems);
    const state = this.#state(this.#session);
    this.#run = `${state.run_name} ${state.seed}`;
    this.#send({ type: "opened", problems, story: this.#story(this.#session), state });
  }

  /** The first frame only opens the screen, whatever time it is given. */
  #advance(showSeconds: number): void {
    this.#session?.frame(0);
    this.#session?.frame(showSeconds);
    this.#send({ type: "advanced", showSeconds });
  }

  #command(name: CommandName, argument: string): void {
    const session = this.#session;
    if (session === null) return;
    this.#text(session.command(name, argument));
    this.#sendState(session);
  }

  #startClock(): void {
    this.#stopClock();
    if (!this.#going || this.#resting) return;
    this.#last = this.#now();
    this.#schedule(0);
  }

  #stopClock(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #schedule(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#guardedTick(), milliseconds);
  }

  #guardedTick(): void {
    try {
      this.#tick();
    } catch (error) {
      this.#stopClock();
      this.#send({ type: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  }

  #tick(): void {
    const session = this.#session;
    if (session === null) return;
    const started = this.#now();
    if (this.#flow.open) {
      const passed = Math.min((started - this.#last) / 1000, LONGEST_GAP_SECONDS, this.#sliceSeconds);
      this.#last = started;
      this.#text(session.frame(passed));
      if (started - this.#stateSent >= STATE_EVERY_MILLISECONDS) this.#sendState(session);
    }
    const took = this.#now() - started;
    this.#fitSlice(took);
    this.#schedule(
      Math.max(this.#tickMilliseconds - took, this.#sliceMilliseconds === Number.POSITIVE_INFINITY ? 0 : took),
    );
  }

  #fitSlice(took: number): void {
    if (took > this.#sliceMilliseconds) this.#sliceSeconds = Math.max(SHORTEST_SLICE_SECONDS, this.#sliceSeconds / 2);
    else this.#sliceSeconds = Math.min(LONGEST_GAP_SECONDS, this.#sliceSeconds * 1.1);
  }

  #text(text: string): void {
    if (text === "") return;
    this.#flow.sent(text.length);
    this.#send({ type: "text", text });
  }

  #sendState(session: Session): void {
    this.#stateSent = this.#now();
    const state = this.#state(session);
    this.#tellNewRun(session, state);
    this.#send({ type: "state", state });
  }

  /** A playlist has gone on, or the seed is another: the chapters and the curve are those of another run. */
  #tellNewRun(session: Session, { run_name, seed }: EngineState): void {
    const run = `${run_name} ${seed}`;
    if (run === this.#run) return;
    this.#run = run;
    this.#send({ type: "story", story: this.#story(session) });
  }

  #state(session: Session): EngineState {
    return JSON.parse(session.state());
  }

  #story(session: Session): Story {
    return {
      chapters: JSON.parse(session.chapters()),
      curve: JSON.parse(session.loss_curve(CURVE_POINTS)),
      options: JSON.parse(session.options()),
    };
  }
}

function tickFor(drawingMilliseconds: number): number {
  const wanted = drawingMilliseconds / DRAWING_SHARE;
  return Math.min(LONGEST_TICK_MILLISECONDS, Math.max(SHORTEST_TICK_MILLISECONDS, wanted));
}
