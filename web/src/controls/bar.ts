/** The bar under the terminal. It has a row of its own and never covers text. */

import { element, setAttributes } from "../page/dom";
import { clock } from "../page/format";
import { isLengthKnown, type ShowState } from "../show/blank";
import type { BootProgress } from "../show/boot-screen";
import type { Show } from "../show/show";
import { type Action, actionTitle } from "./actions";
import { icon } from "./icons";
import { type MenuParts, popUp } from "./menu";
import { SpeedMenu } from "./speed";

/** What the play button does next. */
const PLAY = {
  play: ["Play", "play"],
  pause: ["Pause", "pause"],
  replay: ["Replay", "restart"],
} as const;

export class Bar {
  readonly element: HTMLElement;
  readonly #play: HTMLButtonElement;
  readonly #time = element("span", { class: "now" }, clock(0));
  readonly #total = element("span", { class: "total" });
  readonly #loading = element("span", { class: "loading", hidden: true });
  readonly #speed: SpeedMenu;
  #next: keyof typeof PLAY | null = null;

  /** @param place where the page holds room for it, so that nothing moves when it comes */
  constructor(place: HTMLElement, show: Show, actions: Action[]) {
    this.element = place;
    this.#play = element("button", { type: "button", class: "button play" });
    this.#play.addEventListener("click", () => show.toggle());
    this.#speed = new SpeedMenu((factor) => show.setSpeed(factor));
    const buttons = element("span", { class: "buttons" }, ...actions.filter(({ inBar }) => inBar).map(button));
    const { opener, menu } = makeMenu(actions);
    setAttributes(this.element, { role: "region", "aria-label": "Run controls" });
    this.element.append(
      this.#play,
      element("span", { class: "time" }, this.#time, this.#total),
      this.#loading,
      this.#speed.element,
      buttons,
      opener,
      menu,
    );
    this.element.addEventListener("mousedown", leaveFocus);
    this.tell(show.state);
    show.on("state", (state) => this.tell(state));
    show.on("loading", (progress) => this.#tellLoading(progress));
    show.on("mode", (mode) => {
      this.#loading.hidden = mode === "engine" || this.#loading.textContent === "";
    });
  }

  tell(state: ShowState): void {
    this.#tellPlaying(state.ended ? "replay" : state.paused ? "play" : "pause");
    const known = state.total_seconds > 0;
    this.#time.textContent = clock(known ? state.run_seconds : state.show_seconds);
    const length = known && isLengthKnown(state) ? clock(state.total_seconds) : "";
    this.#total.textContent = length === "" ? "" : ` / ${length}`;
    if (known) this.element.style.setProperty("--digits", String((length || clock(state.run_seconds)).length));
    this.#speed.tell(state.speed);
  }

  #tellPlaying(next: keyof typeof PLAY): void {
    if (next === this.#next) return;
    this.#next = next;
    const [label, drawing] = PLAY[next];
    this.#play.replaceChildren(icon(drawing));
    this.#play.title = `${label} (space)`;
    this.#play.setAttribute("aria-label", label);
    this.element.classList.toggle("paused", next !== "pause");
  }

  #tellLoading({ stage, loadedBytes, totalBytes }: BootProgress): void {
    const percent = totalBytes > 0 ? Math.floor((100 * Math.min(loadedBytes, totalBytes)) / totalBytes) : 0;
    this.#loading.textContent = percent < 100 ? `loading ${percent} %` : `starting ${stage}`;
    this.#loading.hidden = false;
  }
}

/** A button that a pointer pressed does not keep the keys: space still pauses. Who comes to it by Tab presses it with space. */
function leaveFocus(event: MouseEvent): void {
  if (event.target instanceof Element && event.target.closest("button") !== null) event.preventDefault();
}

function button(action: Action): HTMLButtonElement {
  const made = element("button", {
    type: "button",
    class: "button",
    "data-action": action.id,
    title: actionTitle(action),
    "aria-label": action.label,
  });
  made.append(icon(action.icon));
  made.addEventListener("click", () => action.run());
  return made;
}

function makeMenu(actions: Action[]): MenuParts {
  const opener = element("button", { type: "button", class: "button more", title: "More", "aria-label": "More" });
  opener.append(icon("more"));
  const menu = element(
    "div",
    { id: "menu", class: "menu", popover: "auto", role: "menu", "aria-label": "More" },
    ...actions.map(menuItem),
  );
  return popUp(opener, menu);
}

function menuItem(action: Action): HTMLButtonElement {
  const key = element("kbd", {}, action.key ?? "");
  const item = element(
    "button",
    { type: "button", role: "menuitem", tabindex: -1, "data-action": action.id },
    icon(action.icon),
    action.label,
    key,
  );
  item.addEventListener("click", () => action.run());
  return item;
}
