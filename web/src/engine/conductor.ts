/**
 * Runs one session: gives it the time that has passed, sends its text, obeys commands between frames.
 *
 * The same class works in the worker and on the page's thread. A tick is one call into Python. Where a call must be
 * short (on the page's thread) `sliceMilliseconds` is set: the work of a frame is then spread over several tasks.
 */

import {
  type CommandName,
  readNews,
  readProblem,
  readState,
  readStory,
  type Session,
  type State,
} from "../generated/protocol";
import { list, parse } from "../reading";
import { describe, endsEngine } from "./failure";
import { Flow } from "./flow";
import { type FromEngine, isPlain, type ToEngine } from "./protocol";
import type { BrowserModule } from "./python";
import { Slices } from "./slices";

const SHORTEST_TICK_MILLISECONDS = 33;
const LONGEST_TICK_MILLISECONDS = 250;
/** The page's thread may be busy with drawing for this part of the time; the rest is the visitor's. */
const DRAWING_SHARE = 0.3;
const STATE_EVERY_MILLISECONDS = 200;
/** Longer gaps (a laptop lid, a stalled tab) are not played: the show goes on from where it was. */
const LONGEST_GAP_SECONDS = 1;
const CURVE_POINTS = 240;
const MAY_BE_REFUSED: ReadonlySet<CommandName> = new Set(["inject", "decide", "incident", "goto", "play-until"]);

export interface ConductorOptions {
  send: (message: FromEngine) => void;
  now?: () => number;
  sliceMilliseconds?: number;
}

export class Conductor {
  readonly #python: BrowserModule;
  readonly #send: (message: FromEngine) => void;
  readonly #now: () => number;
  readonly #sliced: boolean;
  readonly #slices: Slices;
  #tickMilliseconds = SHORTEST_TICK_MILLISECONDS;
  #flow = new Flow();
  #session: Session | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #going = false;
  #resting = false;
  #last = 0;
  #stateSent = 0;
  #commands = 0;
  /** What is passed is looked for only then: it takes time. */
  #listened = false;
  /** The query of the run whose story was told. */
  #run: string | null = null;

  constructor(python: BrowserModule, options: ConductorOptions) {
    this.#python = python;
    this.#send = options.send;
    this.#now = options.now ?? (() => performance.now());
    const milliseconds = options.sliceMilliseconds ?? Number.POSITIVE_INFINITY;
    this.#sliced = Number.isFinite(milliseconds);
    this.#slices = new Slices({ milliseconds, now: this.#now });
  }

  receive(message: ToEngine): void {
    switch (message.type) {
      case "open":
        this.#open(message);
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
      case "listen":
        this.#listened = true;
        break;
      case "drawn":
        this.#tickMilliseconds = tickFor(message.milliseconds);
        break;
      case "ask":
        this.#send({ type: "answer", id: message.id, text: this.#answer(message) });
        break;
    }
  }

  /** What was asked for cannot be had, and everything else goes on. */
  doWithout(message: ToEngine, why: string): void {
    switch (message.type) {
      case "command":
        this.#refuse(message.name, message.argument, why);
        break;
      case "ask":
        this.#send({ type: "answer", id: message.id, text: "" });
        this.#send({ type: "lacking", message: why });
        break;
      default:
        this.#send({ type: "failed", message: why, isOver: false });
    }
  }

  #refuse(name: CommandName, argument: string, why: string): void {
    this.#commands += 1;
    if (MAY_BE_REFUSED.has(name)) this.#send({ type: "replied", name, words: argument, refusal: why });
    else this.#send({ type: "lacking", message: why });
    if (this.#session !== null) this.#sendState(this.#session);
  }

  #answer({ question, argument }: Extract<ToEngine, { type: "ask" }>): string {
    const session = this.#session;
    if (session === null) return "";
    this.#slices.finish();
    return isPlain(question) ? session[question]() : session[question](argument);
  }

  #open({ id, query, columns, rows }: Extract<ToEngine, { type: "open" }>): void {
    this.#stopClock();
    this.#slices.finish();
    this.#going = false;
    this.#session?.destroy?.();
    this.#session = null;
    this.#session = this.#python.open_show(query, columns, rows, Math.floor(Date.now() / 1000));
    this.#run = null;
    this.#send({
      type: "opened",
      id,
      problems: parse(this.#session.problems, list(readProblem)),
      state: this.#state(this.#session),
    });
  }

  /** The first frame only opens the screen, whatever time it is given. */
  #advance(showSeconds: number): void {
    const session = this.#session;
    if (session === null) return;
    session.frame(0);
    session.frame(showSeconds);
    this.#send({ type: "advanced", showSeconds, state: this.#state(session) });
  }

  #command(name: CommandName, argument: string): void {
    const session = this.#session;
    if (session === null) return;
    this.#slices.finish();
    const text = session.command(name, argument);
    this.#commands += 1;
    this.#text(text);
    if (MAY_BE_REFUSED.has(name)) this.#send({ type: "replied", name, words: argument, refusal: session.refusal });
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
      this.#send({ type: "failed", message: describe(error), isOver: endsEngine(error) });
    }
  }

  #tick(): void {
    const session = this.#session;
    if (session === null) return;
    const started = this.#now();
    if (this.#slices.busy) this.#slices.run();
    else if (this.#flow.open) this.#beginFrame(session, started);
    const took = this.#now() - started;
    if (this.#slices.busy)
      this.#schedule(took); // the page has the thread for as long as we had it
    else this.#schedule(Math.max(this.#tickMilliseconds - took, this.#sliced ? took : 0));
  }

  #beginFrame(session: Session, now: number): void {
    const passed = Math.min((now - this.#last) / 1000, LONGEST_GAP_SECONDS);
    this.#last = now;
    if (this.#sliced) {
      this.#slices.add(session.framing(passed), (text) => this.#text(text));
      this.#slices.run();
    } else {
      this.#text(session.frame(passed));
    }
    if (now - this.#stateSent >= STATE_EVERY_MILLISECONDS && !this.#slices.busy) this.#sendState(session);
  }

  #text(text: string): void {
    if (text === "") return;
    this.#flow.sent(text.length);
    this.#send({ type: "text", text });
  }

  #sendState(session: Session): void {
    this.#stateSent = this.#now();
    const state = this.#state(session);
    this.#send({ type: "state", state, commands: this.#commands });
    this.#sendNews(session);
    this.#tellNewRun(session, state);
  }

  #sendNews(session: Session): void {
    if (!this.#listened) return;
    const news = parse(session.news(), list(readNews));
    if (news.length > 0) this.#send({ type: "news", news });
  }

  /** The first state of a run, whether it was opened, came next in a playlist, has another seed or future, brings its story. */
  #tellNewRun(session: Session, { query }: State): void {
    if (query === this.#run) return;
    this.#run = query;
    if (this.#sliced) this.#slices.add(session.telling_story(CURVE_POINTS), (text) => this.#sendStory(text));
    else this.#sendStory(session.story(CURVE_POINTS));
  }

  #state(session: Session): State {
    return parse(session.state(), readState);
  }

  #sendStory(text: string): void {
    this.#send({ type: "story", story: parse(text, readStory) });
  }
}

function tickFor(drawingMilliseconds: number): number {
  const wanted = drawingMilliseconds / DRAWING_SHARE;
  return Math.min(LONGEST_TICK_MILLISECONDS, Math.max(SHORTEST_TICK_MILLISECONDS, wanted));
}
