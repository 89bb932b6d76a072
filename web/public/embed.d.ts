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

/** Something has gone wrong and somebody in the run has noticed it just now. */
export interface Incident extends Passed {
  /** Of the incident in its run, the same when it is over. */
  number: number;
  /** As `--inject` takes it; the title says it in words. It is the true cause, which nobody in the run need know. */
  cause: string;
  /** The host that was hit, and the rank where it was one accelerator; `job`, `data` or `storage` where it was no machine. */
  place: string;
  /** The last one that was completed; after a recovery the first one that is done. */
  step: number;
}

/** The job is up again after an incident: what it cost. */
export interface Recovery extends Incident {
  /** Since steps stopped. */
  lostSeconds: number;
  /** Steps that are done a second time from here on. */
  stepsRedone: number;
}

export interface PysimRunEventMap {
  /** The engine runs: seek and chapters work from now on. */
  ready: CustomEvent<{ state: RunState }>;
  /** Four times a second while the run plays. */
  time: CustomEvent<{ state: RunState }>;
  phase: CustomEvent<{ phase: Phase }>;
  checkpoint: CustomEvent<Passed>;
  validation: CustomEvent<Passed>;
  /** Only what the run passes as it plays, like the next one. */
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
  /** To a place in the run, in seconds of run time. */
  seek(seconds: number): void;
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
