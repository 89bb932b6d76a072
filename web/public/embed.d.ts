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

/** Where a run is. Times are seconds of run time; as long as nothing is known of the run, all numbers are 0. */
export interface RunState {
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

/** A place in the run that was just passed. */
export interface Passed {
  seconds: number;
  title: string;
}

export interface PysimRunEventMap {
  /** The engine runs: seek and chapters work from now on. */
  ready: CustomEvent<{ state: RunState }>;
  /** Four times a second while the run plays. */
  time: CustomEvent<{ state: RunState }>;
  phase: CustomEvent<{ phase: Phase }>;
  checkpoint: CustomEvent<Passed>;
  validation: CustomEvent<Passed>;
  incident: CustomEvent<Passed>;
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
  /** To a place in the run, in seconds of run time. */
  seek(seconds: number): void;
  /** From 0.1 to 10,000. */
  setSpeed(factor: number): void;
  /** Rejects if the run does not answer within ten seconds. */
  getState(): Promise<RunState>;
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
