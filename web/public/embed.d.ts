// Types of the element that embed.js defines. In a TypeScript project: save this file and import it for its side effect.

/** Where a run is. Times are seconds of run time. */
export interface RunState {
  seconds: number;
  totalSeconds: number;
  /** Seconds of show per second. */
  speed: number;
  paused: boolean;
  ended: boolean;
  /** bring-up, training, validating, saving, exporting or done. */
  phase: string;
  /** What is trained on what. */
  title: string;
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
  phase: CustomEvent<{ phase: string }>;
  checkpoint: CustomEvent<Passed>;
  validation: CustomEvent<Passed>;
  incident: CustomEvent<Passed>;
  ended: CustomEvent<object>;
}

/** `<pysim-run preset="llama3-8b" seed="7">` */
export interface PysimRunElement extends HTMLElement {
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
