/**
 * Stage mode, for a speaker or a stand: the terminal has the whole screen in type that fills it, the bar and the cursor fade
 * while nobody moves, and the screen stays awake. Where the browser refuses full screen or the lock, the rest still holds.
 */

const SECONDS_TO_FADE = 2;
const STAGE = "stage";
const IDLE = "idle";
/** Of whoever is there. */
const SIGNS_OF_LIFE = ["pointermove", "pointerdown", "keydown", "wheel"] as const;

export interface StageTargets {
  /** Type that fills the screen, or as it was. */
  fill: (filling: boolean) => void;
  say: (sentence: string) => void;
  /** Without full screen it would be a frame in somebody's page: then there is no stage. */
  isFrame: boolean;
}

export class StageMode {
  readonly #targets: StageTargets;
  readonly #classes = document.documentElement.classList;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOn = false;
  #pointer = "";
  #lock: WakeLockSentinel | null = null;

  constructor(targets: StageTargets) {
    this.#targets = targets;
    for (const sign of SIGNS_OF_LIFE)
      document.addEventListener(sign, (event) => this.#notice(event), { passive: true });
    document.addEventListener("keydown", (event) => this.#leaveBy(event));
    document.addEventListener("fullscreenchange", () => {
      if (document.fullscreenElement === null) void this.leave();
    });
    // The browser takes the lock back whenever the page is out of sight.
    document.addEventListener("visibilitychange", () => void this.#keepAwake());
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  toggle(): Promise<void> {
    return this.isOn ? this.leave() : this.enter();
  }

  async enter(): Promise<void> {
    const isFull = await fillScreen();
    if (!isFull && this.#targets.isFrame) {
      this.#targets.say("Full screen is not allowed here");
      return;
    }
    this.#isOn = true;
    this.#classes.add(STAGE);
    this.#targets.fill(true);
    if (!isFull) this.#targets.say("Stage · f or Escape leaves");
    this.#wake();
    await this.#keepAwake();
  }

  async leave(): Promise<void> {
    if (!this.#isOn) return;
    this.#isOn = false;
    clearTimeout(this.#timer);
    this.#classes.remove(STAGE, IDLE);
    this.#targets.fill(false);
    const lock = this.#lock;
    this.#lock = null;
    await Promise.allSettled([lock?.release(), document.fullscreenElement && document.exitFullscreen()]);
  }

  /** In full screen the browser itself takes this key. */
  #leaveBy(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const isTaken = document.activeElement?.matches("input, textarea, select") ?? false;
    if (!isTaken && document.querySelector("dialog[open], :popover-open") === null) void this.leave();
  }

  /** Browsers tell of a pointer that stands still when what is under it moves. */
  #notice(event: Event): void {
    if (event instanceof PointerEvent && event.type === "pointermove") {
      const place = `${event.screenX} ${event.screenY}`;
      if (place === this.#pointer) return;
      this.#pointer = place;
    }
    this.#wake();
  }

  #wake(): void {
    if (!this.#isOn) return;
    this.#classes.remove(IDLE);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#classes.add(IDLE), SECONDS_TO_FADE * 1000);
  }

  async #keepAwake(): Promise<void> {
    if (!this.#isOn || document.hidden || this.#lock?.released === false) return;
    try {
      const lock = await navigator.wakeLock?.request("screen");
      if (this.#isOn) this.#lock = lock ?? null;
      else await lock?.release();
    } catch {
      // not allowed in this frame, or the battery is low: the screen may go dark
    }
  }
}

/** Whether the page has the screen. */
async function fillScreen(): Promise<boolean> {
  try {
    await document.documentElement.requestFullscreen();
    return true;
  } catch {
    return false; // refused, or not known here
  }
}
