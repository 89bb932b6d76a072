/** What both pages share: the terminal, the show in it, and everything around that follows the show. */

import { icon } from "./controls/icons";
import { EngineClient } from "./engine/client";
import type { Opening } from "./opening";
import { byId, element } from "./page/dom";
import { wantsStillness } from "./page/motion";
import { Notes } from "./page/notes";
import { painted } from "./page/painted";
import { type PageOptions, stillSeconds } from "./page/query";
import { onceVisible, watchVisibility } from "./page/rest";
import { siteBase } from "./page/site";
import { StageMode } from "./page/stage-mode";
import { Status } from "./page/status";
import { type StoredSettings, saveSettings } from "./page/storage";
import { sayWaiting } from "./page/waiting";
import { Posters } from "./show/posters";
import { Recording } from "./show/recording";
import { Show } from "./show/show";
import { NewestButton } from "./terminal/newest";
import { TerminalView } from "./terminal/terminal";
import { onSchemeChange, paintPage, resolveTheme, type ThemeName } from "./terminal/themes";

const LONGEST_DRAWING_MILLISECONDS = 1_000;
/** Three dashboards leave the thread of their page idle for half of the time. */
const SHOWS_OF_AN_ARTICLE = 2.2;
const after = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const isMarked = (name: string): boolean => document.documentElement.classList.contains(name);

export class App {
  readonly opening: Opening;
  readonly terminal: TerminalView;
  readonly show: Show;
  readonly notes = new Notes(byId("notes"));
  readonly status = new Status(byId("status"));
  readonly stage: StageMode;
  readonly main: HTMLElement;
  /** Lies over the last rows of the terminal. */
  readonly over = element("div", { class: "over" });
  settings: StoredSettings;
  /** What the terminal drew first is on the screen, or has had the time for it: out of sight nothing is drawn. */
  readonly drawn: Promise<void>;
  #theme: ThemeName;
  #loops = false;
  readonly #isRecorded: boolean;

  /** Builds the terminal while the recording loads. */
  static async make(opening: Opening, embedded: boolean): Promise<App> {
    const terminal = new TerminalView({
      element: byId("terminal"),
      theme: resolveTheme(opening.theme),
      fontSize: opening.fontSize,
      scrolls: { byTouch: () => !embedded || isMarked("touched"), byWheel: () => !embedded || isMarked("entered") },
    });
    const recording = Recording.from(await opening.recording);
    const isLongEnough =
      !opening.still || !opening.canRun || stillSeconds(opening.parsed) <= (recording?.data.seconds ?? 0);
    return new App(opening, embedded, terminal, isLongEnough ? recording : null);
  }

  private constructor(opening: Opening, embedded: boolean, terminal: TerminalView, recording: Recording | null) {
    const { show, problems } = opening.parsed;
    this.opening = opening;
    this.terminal = terminal;
    this.drawn = Promise.race([terminal.drawn.then(painted), after(LONGEST_DRAWING_MILLISECONDS)]);
    this.settings = opening.settings;
    this.#theme = opening.theme;
    this.stage = new StageMode({
      fill: (filling) => terminal.setFilling(filling),
      say: (sentence) => this.status.say(sentence),
      isFrame: embedded,
    });
    const posters = new Posters(siteBase());
    this.main = document.querySelector("main") ?? document.body;
    this.show = new Show({
      terminal: this.terminal,
      engine: opening.canRun ? () => new EngineClient() : null,
      recording,
      recordingFor: async ({ columns }) => Recording.from(await opening.recordings.load(columns)),
      posterFor: (query, grid) => posters.textFor(query, grid),
      query: show.toString(),
      crowd: embedded ? SHOWS_OF_AN_ARTICLE : 1,
    });
    this.loop(opening.parsed.page.loop);
    this.#isRecorded = recording !== null;
    document.documentElement.classList.add("started");
    this.notes.problems(problems);
    if (!opening.canRun) {
      this.notes.show(
        "This browser has no WebAssembly (or it is turned off), so a recorded run plays instead of a live one.",
      );
    }
    this.#follow();
    if (!embedded) this.#drawFasterOnceSettled();
  }

  get theme(): ThemeName {
    return this.#theme;
  }

  display(settings: StoredSettings): void {
    this.settings = settings;
    saveSettings(settings);
    this.terminal.setFontSize(settings.fontSize);
    this.setTheme(settings.theme);
  }

  setTheme(name: ThemeName): void {
    this.#theme = name;
    const theme = resolveTheme(name);
    paintPage(theme);
    this.terminal.setTheme(theme);
  }

  /** Begin again at the end, or not. */
  loop(loops: boolean): void {
    this.#loops = loops;
    this.show.loop(loops);
  }

  /** Plays, or shows the poster. */
  begin(): void {
    const { still, parsed } = this.opening;
    if (still) this.#showPoster(stillSeconds(parsed));
    else this.show.begin();
    this.load(parsed.page.loading);
  }

  /** Who wants no motion and has the picture need not load what would move it. */
  load(loading: PageOptions["loading"]): void {
    if (loading === "eager") void this.#loadEngine();
    else if (loading === "lazy" && !(wantsStillness() && this.#isRecorded))
      onceVisible(this.terminal.element, () => void this.#loadEngine());
  }

  /** Not while the engine boots: both want the whole machine. Frames of other pages share it with them and do without. */
  #drawFasterOnceSettled(): void {
    const stop = this.show.on("mode", (mode) => {
      if (mode !== "engine") return;
      stop();
      void this.terminal.useWebgl();
    });
    if (!this.opening.canRun) void this.terminal.drawn.then(() => this.terminal.useWebgl());
  }

  /** Not before the terminal: it would come half as late again, and the engine no earlier. */
  async #loadEngine(): Promise<void> {
    await this.drawn;
    this.show.loadEngine();
  }

  #showPoster(showSeconds: number): void {
    this.show.hold(showSeconds);
    const play = element("button", { type: "button", class: "poster", "aria-label": "Play the run" }, icon("play"));
    play.addEventListener("click", () => this.show.play());
    this.terminal.element.after(play);
    const stop = this.show.on("state", ({ paused }) => {
      if (paused) return;
      play.remove();
      stop();
    });
  }

  #follow(): void {
    const { show } = this;
    this.terminal.element.after(this.over);
    this.over.append(new NewestButton(this.terminal).element);
    void this.terminal.textDrawn.then(() => this.terminal.element.querySelector(".first-frame")?.remove());
    watchVisibility(this.terminal.element, (visible) => show.rest(!visible));
    onSchemeChange(() => this.setTheme(this.#theme));
    const { dataset } = document.documentElement;
    dataset.mode = show.mode;
    show.on("mode", (mode) => {
      dataset.mode = mode;
    });
    show.on("problems", (problems) => this.notes.problems(problems));
    show.on("failed", (message) => this.notes.show(`The simulator stopped: ${message}`));
    show.on("lacking", (why) => this.notes.show(`${why.charAt(0).toUpperCase()}${why.slice(1)}.`));
    show.on("state", ({ status }) => this.status.update(status));
    sayWaiting(show, this.terminal.element, (sentence) => this.status.say(sentence));
    show.on("ended", () => {
      if (this.#loops) show.move("restart"); // where no engine does
    });
  }
}
