/** What can go wrong in the run on show: a few letters find it, arrows choose, Enter lets it happen at the moment on show. */

import type { Trouble } from "../generated/protocol";
import { element, setAttributes } from "../page/dom";
import { openDialog } from "./dialog";

export interface InjectTargets {
  /** What is meant by some letters, the likeliest first; it may take until the engine is there. */
  possible: (typed: string) => Promise<Trouble[]>;
  letHappen: (words: string) => void;
}

const PLACES = [
  ["", "somewhere"],
  ["gpu", "accelerator number"],
  ["node", "node number"],
  ["rack", "rack number"],
] as const;

export function openInject({ possible, letHappen }: InjectTargets): void {
  const list = new TroubleList(possible);
  const place = new PlaceField();
  const apply = element("button", { type: "submit", class: "primary" }, "Let it happen");
  const form = element("form", { method: "dialog" }, list.input, list.element, place.element);
  form.append(element("footer", {}, apply));
  const { close } = openDialog("Let something go wrong", "inject", form);
  list.onChosen = () => form.requestSubmit();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (list.words === "") return;
    close();
    letHappen(list.words + place.words);
  });
  list.input.focus();
}

/** A combobox: the letters stay in the field, the list below follows. */
class TroubleList {
  readonly input = element("input", {
    type: "text",
    role: "combobox",
    "aria-label": "What goes wrong",
    "aria-autocomplete": "list",
    "aria-expanded": "true",
    "aria-controls": "troubles",
    placeholder: "a few letters of what should happen",
    autocomplete: "off",
    spellcheck: "false",
  });
  readonly element = element("ul", { id: "troubles", role: "listbox", "aria-label": "What can go wrong here" });
  /** Chosen for good. */
  onChosen: () => void = () => {};
  readonly #possible: InjectTargets["possible"];
  #found: Trouble[] = [];
  #chosen = 0;
  #asked = 0;

  constructor(possible: InjectTargets["possible"]) {
    this.#possible = possible;
    this.input.addEventListener("input", () => void this.#find());
    this.input.addEventListener("keydown", (event) => this.#keys(event));
    this.element.addEventListener("click", ({ target }) => this.#pick(target));
    this.element.addEventListener("dblclick", () => this.onChosen());
    void this.#find();
  }

  /** The name that is chosen; what was typed where that means nothing, so that it is refused in words. */
  get words(): string {
    return this.#found[this.#chosen]?.name ?? this.input.value.trim();
  }

  /** An answer to fewer letters that comes later counts no more. */
  async #find(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.element.setAttribute("aria-busy", "true");
    const found = await this.#possible(this.input.value);
    if (asked !== this.#asked) return;
    this.#found = found;
    this.element.replaceChildren(...found.map(option));
    this.#choose(0);
    this.element.setAttribute("aria-busy", "false");
  }

  #keys(event: KeyboardEvent): void {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    this.#choose(this.#chosen + way);
  }

  #pick(target: EventTarget | null): void {
    const item = target instanceof Element ? target.closest("[role=option]") : null;
    if (item !== null) this.#choose([...this.element.children].indexOf(item));
  }

  #choose(index: number): void {
    const count = this.#found.length;
    this.#chosen = count === 0 ? 0 : (index + count) % count;
    for (const [place, item] of [...this.element.children].entries()) {
      item.setAttribute("aria-selected", String(place === this.#chosen));
    }
    const chosen = this.element.children[this.#chosen];
    setAttributes(this.input, { "aria-activedescendant": chosen?.id });
    chosen?.scrollIntoView({ block: "nearest" });
  }
}

function option({ name, title, hits }: Trouble): HTMLElement {
  return element(
    "li",
    { id: `trouble-${name}`, role: "option" },
    element("strong", {}, name),
    element("span", {}, title),
    element("small", {}, `hits ${hits}`),
  );
}

/** Where it hits, if not by chance. */
class PlaceField {
  readonly element: HTMLElement;
  readonly #kind = element("select", { id: "inject-place" });
  readonly #number = element("input", { type: "number", min: 0, step: 1, value: 0, "aria-label": "number" });

  constructor() {
    this.#kind.append(...PLACES.map(([value, label]) => element("option", { value }, label)));
    this.#kind.addEventListener("change", () => this.#follow());
    this.#follow();
    this.element = element(
      "div",
      { class: "place" },
      element("label", { for: "inject-place" }, "where"),
      this.#kind,
      this.#number,
    );
  }

  get words(): string {
    return this.#kind.value === "" ? "" : `,${this.#kind.value}=${this.#number.value}`;
  }

  #follow(): void {
    this.#number.hidden = this.#kind.value === "";
  }
}
