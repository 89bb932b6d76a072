// Types of the element that embed.js defines. In a TypeScript project: save this file and import it for its side effect.

export type Phase =
  | "bring-up"
  | "training"
  | "validating"
  | "saving"
  | "hanging"
  | "down"
  | "restarting"
  | "exporting"
  | "done";

/** What a run is like at a moment: as its last step had it, null before the first. */
export interface Values {
  loss: number | null;
  learningRate: number | null;
  gradNorm: number | null;
  tokensPerSecond: number | null;
  /** The share of the time so far that got the run on. */
  goodput: number;
}

/**
 * A place in a run: seconds of run time, or as one types it who watches: `"step:600"`, `"17d 6h"`, `"3:25:10"`, `"50%"`; digits
 * alone in a string are a step.
 */
export type Place = number | string;

/** Where a run is. Times are seconds of run time; as long as nothing is known of the run, all numbers are 0. */
export interface RunState extends Values {
  seconds: number;
  totalSeconds: number;
  /** Seconds of show per second. */
  speed: number;
  paused: boolean;
  ended: boolean;
  /** Empty as long as nothing is known of the run. */
  phase: Phase | "";
  /** What is trained on what. */
  title: string;
  /** The options that ask for this very run, as in an address: in a later run of a show others than those given. */
  query: string;
  step: number;
  totalSteps: number;
}

/** Something that the run has just passed as it plays, with what it is like then. */
export interface Passed extends Values {
  seconds: number;
  title: string;
  /** The last one that was completed; after a recovery the first one that is done. */
  step: number;
}

/** A validation that is done. */
export interface Validation extends Passed {
  /** Held-out loss; null where it is not a number. */
  validationLoss: number | null;
}

/** Something has gone wrong and somebody in the run has noticed it just now. */
export interface Incident extends Passed {
  /** Of the incident in its run, the same when it is over. */
  number: number;
  /** As `--inject` takes it; the title says it in words. It is the true cause, which nobody in the run need know. */
  cause: string;
  /** The host that was hit, and the rank where it was one accelerator; `job`, `data` or `storage` where it was no machine. */
  place: string;
}

/** The job is up again after an incident: what it cost. */
export interface Recovery extends Incident {
  /** Since steps stopped. */
  lostSeconds: number;
  /** Steps that are done a second time from here on. */
  stepsRedone: number;
}

export interface CurveOptions {
  /** At most 1,000; 240 unless you say otherwise. Where there are fewer steps, each is one. */
  points?: number;
  from?: Place;
  until?: Place;
}

/** A step of the run as it was at last, redone or not, when it ended, and the last held-out loss since the point before. */
export interface CurvePoint {
  step: number;
  seconds: number;
  loss: number | null;
  learningRate: number | null;
  gradNorm: number | null;
  /** A mean over all time up to this step, lost time included. */
  tokensPerSecond: number | null;
  validationLoss: number | null;
}

/** A place to jump to. */
export interface ChapterOfRun {
  seconds: number;
  kind: "bring-up" | "training" | "validation" | "checkpoint" | "interruption" | "resumption" | "export" | "end";
  title: string;
}

/** What a line of the run is, and what each of its numbers is made of. */
export interface Explanation {
  seconds: number;
  /** Of the line: an event, a part of the dashboard, or an incident; and which. */
  subject: string;
  name: string;
  title: string;
  about: string;
  /** Each with its formula, this run's numbers put in; empty where it has none. */
  numbers: { name: string; text: string; formula: string; meaning: string }[];
  /** What would make it better or worse. */
  better: string;
  /** Of an incident: what an operator can know of it by then, and what nobody can. */
  known: string[];
  truth: string[];
  read: { title: string; url: string }[];
}

export interface PysimRunEventMap {
  /** The engine runs: seek and chapters work from now on. */
  ready: CustomEvent<{ state: RunState }>;
  /** Four times a second while the run plays. */
  time: CustomEvent<{ state: RunState }>;
  phase: CustomEvent<{ phase: Phase }>;
  /** Work that is done. Only what the run passes as it plays, as with the next three; where much goes by, the latest of it. */
  checkpoint: CustomEvent<Passed>;
  validation: CustomEvent<Validation>;
  incident: CustomEvent<Incident>;
  recovered: CustomEvent<Recovery>;
  ended: CustomEvent<object>;
}

/**
 * `<pysim-run preset="llama3-8b" seed="7">`. Every attribute is an option of the run or of the embed and can be changed at
 * any time; `hidden`, `width`, `height` and the page's styles mean what they mean everywhere. Commands may be given before
 * anything is loaded. Moved within its document it goes on where it was; taken out and put back, it is paused there.
 */
export interface PysimRunElement extends HTMLElement {
  /** Loads the run at once, wherever it is on the page. */
  play(): void;
  pause(): void;
  /** Whether it stands still; true as long as nothing is loaded. */
  readonly paused: boolean;
  /** Seconds of run time; setting it seeks. */
  currentTime: number;
  /** Resolves once the engine runs, like the event. */
  readonly ready: Promise<RunState>;
  /** Of a place in words it resolves when the run is there, and rejects with one line if it has none such; seconds are never refused. */
  seek(place: Place): Promise<void>;
  /** Plays to a place and pauses there. Resolves when the run stands still; rejects with one line if the place has passed. */
  playUntil(place: Place): Promise<RunState>;
  /** The run's curve, what is still to come included: for charts, sliders and prose of your own. */
  getCurve(options?: CurveOptions): Promise<CurvePoint[]>;
  /** What one can jump to, of many an even selection. */
  getChapters(): Promise<ChapterOfRun[]>;
  /** What happens from one place up to another, as `--view events` has it, the first 1,000 events of it. */
  getEvents(from?: Place, until?: Place): Promise<Record<string, unknown>[]>;
  /** What the line means that was told last by a place (`"step:600"`), or by now. Rejects with one line where there is none. */
  explain(place?: string): Promise<Explanation>;
  /** From 0.1 to 10,000. */
  setSpeed(factor: number): void;
  /** Rejects if the run does not answer within ten seconds. */
  getState(): Promise<RunState>;
  /**
   * Lets something happen at the moment on show, as `--inject` names it: `inject("gpu-off-bus", "node=3")`. Without a place
   * it is drawn. Loads the run at once. Rejects with one line that says why it does not happen; the run then stays as it is.
   */
  inject(cause: string, where?: string): Promise<void>;
  addEventListener<Name extends keyof PysimRunEventMap>(
    type: Name,
    listener: (event: PysimRunEventMap[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "pysim-run": PysimRunElement;
  }
}
