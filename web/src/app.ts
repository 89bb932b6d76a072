/** What both pages share: the terminal, the show in it, and everything around that follows the show. */

import { icon } from "./controls/icons";
import { EngineClient } from "./engine/client";
import type { Opening } from "./opening";
import { byId, element } from "./page/dom";
import { wantsStillness } from "./page/motion";
import { Notes } from "./page/notes";
import { onceVisible, watchVisibility } from "./page/rest";
import { StageMode } from "./page/stage-mode";
import { Status } from "./page/status";
import { type StoredSettings, saveSettings } from "./page/storage";
import { Recording } from "./show/recording";
import { Show } from "./show/show";
import { NewestButton } from "./terminal/newest";
import { TerminalView } from "./terminal/terminal";
import { onSchemeChange, paintPage, resolveTheme, type ThemeName } from "./terminal/themes";

const LONGEST_DRAWING_MILLISECONDS = 1_000;
const SAID_MILLISECONDS = 4_000;
const after = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

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
  /** Begin again at the end. */
  loop: boolean;
  #theme: ThemeName;

  /** Builds the terminal while the recording loads. */
  static async make(opening: Opening, embedded: boolean): Promise<App> {
    const terminal = new TerminalView({
      element: byId("terminal"),
      theme: resolveTheme(opening.theme),
      fontSize: opening.fontSize,
      touchActive: () => !embedded || document.documentElement.classList.contains("touched"),
    });
    return new App(opening, embedded, terminal, Recording.from(await opening.recording));
  }

  private constructor(opening: Opening, embedded: boolean, terminal: TerminalView, recording: Recording | null) {
    const { show, problems } = opening.parsed;
    this.opening = opening;
    this.terminal = terminal;
    this.settings = opening.settings;
    this.loop = opening.parsed.page.loop;
    this.#theme = opening.theme;
    this.stage = new StageMode({
      fill: (filling) => terminal.setFilling(filling),
      say: (sentence) => this.status.say(sentence),
      isFrame: embedded,
    });
    this.main = document.querySelector("main") ?? document.body;
    this.show = new Show({
      terminal: this.terminal,
      engine: opening.canRun ? () => new EngineClient() : null,
      recording,
      recordingFor: async ({ columns }) => Recording.from(await opening.recordings.load(columns)),
      query: show.toString(),
    });
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

  /** The answer to something the visitor did: to be seen for a while, and to be heard. */
  say(sentence: string): void {
    const said = element("p", { class: "said" }, sentence);
    this.over.querySelector(".said")?.remove();
    this.over.append(said);
    setTimeout(() => said.remove(), SAID_MILLISECONDS);
    this.status.say(sentence);
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

  /** Plays, or shows the poster; called once the controls listen. */
  begin(): void {
    const { still, parsed } = this.opening;
    const { poster, loading } = parsed.page;
    if (still) this.#showPoster(poster);
    else this.show.begin();
    if (loading === "eager") void this.#loadEngine();
    else if (loading === "lazy" && !wantsStillness()) onceVisible(this.terminal.element, () => void this.#loadEngine());
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

  /** Not before the terminal: it would come half as late again, and the engine no earlier. Out of sight nothing is drawn. */
  async #loadEngine(): Promise<void> {
    await Promise.race([this.terminal.drawn, after(LONGEST_DRAWING_MILLISECONDS)]);
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
    show.on("state", ({ status }) => this.status.update(status));
    show.on("ended", () => {
      if (this.loop) show.move("restart");
    });
  }
}
