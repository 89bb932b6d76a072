/** What if one thing were otherwise: a few changes that make sense for the run on show, any other as OPTION=VALUE, and what came of it. */

import type { Suggestion, WeighedBlock, WeighedRun, Weighing } from "../generated/protocol";
import { element } from "../page/dom";
import { openDialog } from "./dialog";

export interface WhatIfTargets {
  /** What the run on show is and can be compared with; null where that cannot be said. */
  weighing: () => Promise<Weighing | null>;
  /** The run on show with this beside it, from the moment on show; without anything where it is empty. The answer is why not, or nothing. */
  compare: (change: string) => Promise<string>;
  say: (sentence: string) => void;
}

const WITHOUT = "";

export function openWhatIf(targets: WhatIfTargets): Promise<void> {
  const dialog = new WhatIf(targets);
  openDialog("What if", "what-if", dialog.element);
  return dialog.refresh();
}

class WhatIf {
  readonly element: HTMLElement;
  readonly #targets: WhatIfTargets;
  readonly #result = element("section", { class: "weighed", "aria-label": "What comes of it" });
  readonly #list = element("ul", { class: "changes" });
  readonly #other = element("input", {
    id: "what-if-change",
    type: "text",
    placeholder: "checkpoint-every=500",
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "off",
  });
  readonly #refusal = element("p", { class: "refusal", role: "alert" });
  #asked = 0;

  constructor(targets: WhatIfTargets) {
    this.#targets = targets;
    const compare = element("button", { type: "submit", class: "primary" }, "Compare");
    const label = element("label", { for: this.#other.id }, "or any other, as option=value");
    const form = element("form", { class: "change" }, label, this.#other, compare);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#other.value.trim() !== "") void this.#compare(this.#other.value.trim());
    });
    const intro = element("p", {}, "The same run with one thing changed from its launch on, on the same luck.");
    this.element = element("div", {}, this.#result, intro, this.#list, form, this.#refusal);
  }

  /** An answer that comes after a later question counts no more. */
  async refresh(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.element.setAttribute("aria-busy", "true");
    const found = await this.#targets.weighing();
    if (asked !== this.#asked) return;
    this.element.setAttribute("aria-busy", "false");
    this.#list.replaceChildren(...(found?.suggestions ?? []).map((each) => this.#item(each)));
    this.#result.replaceChildren(...(found === null ? [] : this.#weighed(found)));
  }

  #item({ change, title }: Suggestion): HTMLElement {
    const button = element(
      "button",
      { type: "button", "data-change": change },
      element("span", {}, title),
      element("code", {}, change),
    );
    button.addEventListener("click", () => void this.#compare(change));
    return element("li", {}, button);
  }

  async #compare(change: string): Promise<void> {
    this.#refusal.textContent = "";
    const refusal = await this.#targets.compare(change);
    this.#refusal.textContent = refusal;
    if (refusal === "")
      this.#targets.say(change === WITHOUT ? "Nothing is compared any more" : `Compared with ${change}`);
    await this.refresh();
    if (refusal === "") this.#result.scrollIntoView({ block: "nearest" });
  }

  #weighed({ runs, blocks }: Weighing): HTMLElement[] {
    if (blocks.length === 0) return [];
    const stop = element("button", { type: "button", class: "quiet" }, "Compare nothing any more");
    stop.addEventListener("click", () => void this.#compare(WITHOUT));
    const names = element("dl", { class: "weighed-runs" }, ...runs.flatMap(runName));
    return [names, ...blocks.map(table), stop];
  }
}

function runName({ letter, change, with_it }: WeighedRun): HTMLElement[] {
  const besides = with_it.length === 0 ? "" : `, and with it ${with_it.join(", ")}`;
  return [element("dt", {}, letter), element("dd", {}, change === "" ? "this run" : `${change}${besides}`)];
}

/** Wider than a narrow screen it scrolls in its own frame, which keys reach. */
function table({ title, heads, rows }: WeighedBlock): HTMLElement {
  const head = element("tr", {}, element("td"), ...heads.map((each) => element("th", { scope: "col" }, each)));
  const body = rows.map(({ name, cells }) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell))),
  );
  const drawn = element("table", {}, element("caption", {}, title), element("thead", {}, head));
  drawn.append(element("tbody", {}, ...body));
  return element("div", { class: "scrolled", role: "region", "aria-label": title, tabindex: 0 }, drawn);
}
