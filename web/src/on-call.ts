/** Whether somebody is on call, and the way to the panel: it comes when the show stops for a call, and when the night is over. */

import type { App } from "./app";
import { icon } from "./controls/icons";
import { withDialogs } from "./dialogs/later";
import type { OnCallPanel } from "./dialogs/on-call";
import { element } from "./page/dom";
import { fromHere } from "./page/from-here";
import type { ShowState } from "./show/blank";

export class OnCall {
  readonly #app: App;
  readonly #share: () => void;
  readonly #button = element("button", { type: "button", class: "call-button", hidden: true });
  #panel: OnCallPanel | null = null;
  #stoppedFor = 0;
  /** The query whose end was told. */
  #told = "";

  constructor(app: App, share: () => void) {
    this.#app = app;
    this.#share = share;
    this.#button.addEventListener("click", () => void this.toggle());
    app.over.append(this.#button);
    app.show.on("state", (state) => this.#follow(state));
  }

  /** The panel of a night, or the beginning of one from this moment on. */
  async toggle(): Promise<void> {
    const { show } = this.#app;
    if (!show.state.on_call) {
      this.#app.notes.clear();
      show.open(fromHere(show.moment, (query) => query.set("on-call", "true")));
      this.#app.status.say("You are on call");
      return;
    }
    if (this.#panel?.isOpen) this.#panel.close();
    else {
      show.pause();
      await this.#withPanel((panel) => panel.open({ takesFocus: true }));
    }
  }

  #follow(state: ShowState): void {
    const { on_call, calls, stopped_for, phase, query, live_rows } = state;
    this.#button.hidden = !on_call;
    if (!on_call) {
      this.#panel?.close();
      return;
    }
    this.#button.replaceChildren(icon("phone"), calls.length === 0 ? "on call" : `${calls.length} waiting`);
    this.#button.classList.toggle("calling", calls.length > 0);
    this.#button.style.setProperty("--live", `${this.#heightOf(live_rows)}px`);
    if (stopped_for !== this.#stoppedFor) {
      this.#stoppedFor = stopped_for;
      if (stopped_for !== 0) void this.#withPanel((panel) => panel.open());
      else this.#panel?.close();
    }
    if (phase === "done" && query !== this.#told) {
      this.#told = query;
      this.#app.show.pause(); // else the next run begins behind the card
      void this.#withPanel((panel) => panel.tell("The night is over"));
    }
  }

  /** What is told in place is to be read, and not lain over; a screen that stands still as a whole leaves no other place. */
  #heightOf(liveRows: number): number {
    const { element, grid } = this.#app.terminal;
    return liveRows < grid.rows / 2 ? (element.clientHeight / grid.rows) * liveRows : 0;
  }

  #withPanel(run: (panel: OnCallPanel) => Promise<void>): Promise<void> {
    return withDialogs(this.#app.notes, async (dialogs) => {
      this.#panel ??= this.#make(dialogs.OnCallPanel);
      await run(this.#panel);
    });
  }

  #make(Panel: typeof OnCallPanel): OnCallPanel {
    const { show, status, over } = this.#app;
    const panel = new Panel({
      offers: () => show.offers(),
      score: () => show.score(),
      meaning: (words) => show.meaning(words),
      decide: (words) => show.decide(words),
      goOn: () => {
        if (show.state.paused && !show.state.ended) show.play();
      },
      now: () => show.state.run_seconds,
      say: (sentence) => status.say(sentence),
      share: this.#share,
      again: () => show.move("restart"),
    });
    over.append(panel.element);
    return panel;
  }
}
