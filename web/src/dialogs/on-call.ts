/**
 * The panel of whoever is on call: what shows, what can be done about it and what each would cost; and how it went. It is no
 * dialog: the terminal stays in reach. Where the show has stopped for a call, Escape lets it go on without a decision.
 */

import type { Aim, Call, Choice, ChoiceArgument, Offers, Score, Tally } from "../generated/protocol";
import { element } from "../page/dom";
import { clock } from "../page/format";

export interface OnCallTargets {
  offers: () => Promise<Offers | null>;
  score: () => Promise<Score | null>;
  /** Of a value that is written, as `drain,node=12`; empty for no more than it says. */
  meaning: (words: string) => Promise<string>;
  /** The answer is why it cannot be, or nothing. */
  decide: (words: string) => Promise<string>;
  /** Let the show go on. */
  goOn: () => void;
  /** Where the run is, in seconds. */
  now: () => number;
  say: (sentence: string) => void;
  share: () => void;
  again: () => void;
}

const DIGITS = /^[1-9]$/;

export class OnCallPanel {
  readonly element = element("section", {
    id: "on-call",
    class: "on-call",
    "aria-labelledby": "on-call-title",
    hidden: true,
  });
  readonly #targets: OnCallTargets;
  readonly #title = element("h2", { id: "on-call-title", tabindex: -1 }, "On call");
  readonly #body = element("div", { class: "on-call-body" });
  readonly #refusal = element("p", { class: "refusal", role: "alert" });
  #choices: Choice[] = [];
  #asked = 0;
  /** What had the focus before. */
  #before: Element | null = null;

  constructor(targets: OnCallTargets) {
    this.#targets = targets;
    const close = element(
      "button",
      { type: "button", class: "dialog-close", "aria-label": "Go on without a decision" },
      "×",
    );
    close.addEventListener("click", () => this.#goOn());
    this.element.append(element("header", {}, this.#title, close), this.#body, this.#refusal);
    document.addEventListener("keydown", (event) => this.#keys(event), { capture: true });
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  /** The focus goes back to where it was. */
  close(): void {
    const [active, before] = [document.activeElement, this.#before];
    const hadFocus = active instanceof HTMLElement && this.element.contains(active);
    this.element.hidden = true;
    this.#asked += 1;
    this.#before = null;
    if (!hadFocus) return;
    active.blur();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  }

  /**
   * What waits, and what can be decided now.
   *
   * @param takesFocus whether somebody has asked for it: what comes by itself takes the focus from nothing that has it
   */
  async open({ takesFocus = false } = {}): Promise<void> {
    const found = await this.#ask(() => this.#targets.offers());
    if (found === null) return;
    this.#choices = found.choices;
    this.#title.textContent = "On call";
    const score = button("How it goes so far", () => void this.tell("So far"));
    const wait = button("Go on without a decision (Esc)", () => this.#goOn());
    this.#body.replaceChildren(
      calls(found.calls, this.#targets.now()),
      element(
        "ol",
        { class: "choices", "aria-label": "What can be done now" },
        ...found.choices.map((each, at) => this.#choice(each, at)),
      ),
      element("footer", {}, wait, score),
    );
    const what = found.calls.map(({ title }) => title).join("; ");
    this.#targets.say(
      `${what === "" ? "Nothing waits for a decision" : `On call: ${what}`}. ${found.choices.length} choices, numbers choose, Escape goes on.`,
    );
    this.#takeFocus(takesFocus);
  }

  /** What had it in here is gone with what was said before. */
  #takeFocus(isAsked = false): void {
    const active = document.activeElement;
    const isFree = active === null || active === document.body;
    if (!isAsked && !isFree) return;
    if (!this.element.contains(active) && !isFree) this.#before = active;
    this.#title.focus({ preventScroll: true });
  }

  /** How the decisions do, beside the automatic policy and nobody. */
  async tell(title: string): Promise<void> {
    const score = await this.#ask(() => this.#targets.score());
    if (score === null) return;
    this.#choices = [];
    this.#title.textContent = score.title === "" ? title : `${score.title}: ${title.toLowerCase()}`;
    this.#body.replaceChildren(
      scores(score),
      ...(score.aims.length === 0 ? [] : [goals(score.aims)]),
      element(
        "footer",
        {},
        button("Share this night", () => this.#targets.share()),
        button("Once more", () => this.#again()),
        button("Close (Esc)", () => this.#goOn()),
      ),
    );
    this.#targets.say(
      `${title}: goodput ${percent(score.own.goodput)}, the automatic policy has ${percent(score.automatic.goodput)}, nobody ${percent(score.nobody.goodput)}`,
    );
    this.#takeFocus();
  }

  /** An answer that comes when something else was asked for counts no more. */
  async #ask<Answer>(question: () => Promise<Answer | null>): Promise<Answer | null> {
    this.#asked += 1;
    const asked = this.#asked;
    this.#refusal.textContent = "";
    const found = await question();
    if (asked !== this.#asked) return null;
    if (found !== null) this.element.hidden = false;
    return found;
  }

  #again(): void {
    this.close();
    this.#targets.again();
  }

  #goOn(): void {
    this.close();
    this.#targets.goOn();
  }

  #choice(choice: Choice, at: number): HTMLElement {
    const title = element("strong", {}, choice.title);
    const opener = element(
      "button",
      { type: "button", "data-choice": choice.name },
      element("kbd", {}, String(at + 1)),
      title,
    );
    opener.append(element("span", { class: "cost" }, cost(choice)));
    if (choice.risk !== "") opener.append(element("small", {}, choice.risk));
    const item = element("li", {}, opener);
    if (choice.arguments.length > 0) {
      const form = argumentForm(choice, {
        decide: (words) => void this.#decide(words),
        meaning: this.#targets.meaning,
      });
      opener.setAttribute("aria-expanded", "false");
      item.append(form);
      opener.addEventListener("click", () => {
        form.hidden = !form.hidden;
        opener.setAttribute("aria-expanded", String(!form.hidden));
        if (!form.hidden) form.querySelector<HTMLElement>("select, input")?.focus();
      });
    } else {
      opener.addEventListener("click", () => void this.#decide(choice.name));
    }
    return item;
  }

  async #decide(words: string): Promise<void> {
    const refusal = await this.#targets.decide(words);
    if (refusal !== "") {
      this.#refusal.textContent = refusal;
      return;
    }
    this.#targets.say(`Decided: ${words}`);
    this.#goOn();
  }

  /** Before the page's own keys: here digits are choices and no places in the run. */
  #keys(event: KeyboardEvent): void {
    if (
      !this.isOpen ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      document.querySelector("dialog[open]") !== null
    )
      return;
    const isTyping = event.target instanceof Element && event.target.matches("input, textarea, select");
    const chosen = DIGITS.test(event.key) && !isTyping ? this.#choices[Number(event.key) - 1] : undefined;
    if (event.key === "Escape") this.#goOn();
    else if (chosen !== undefined) this.element.querySelector<HTMLElement>(`[data-choice="${chosen.name}"]`)?.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function button(label: string, run: () => void): HTMLElement {
  const made = element("button", { type: "button", class: "quiet" }, label);
  made.addEventListener("click", run);
  return made;
}

function calls(waiting: Call[], now: number): HTMLElement {
  if (waiting.length === 0) return element("p", {}, "Nothing waits for a decision.");
  return element(
    "ul",
    { class: "calls" },
    ...waiting.map((call) =>
      element("li", {}, element("strong", {}, call.title), element("small", {}, timing(call, now))),
    ),
  );
}

function timing({ since_seconds, escalates_seconds }: Call, now: number): string {
  const since = `for ${clock(now - since_seconds)}`;
  return escalates_seconds === null ? since : `${since}; somebody else sees to it in ${clock(escalates_seconds - now)}`;
}

/** What an action is expected to cost; what nobody can say is left out. */
function cost({ minutes, steps_redone, usd }: Choice): string {
  const parts = [
    minutes === null || minutes === 0 ? "" : `${rounded(minutes)} min`,
    steps_redone === null || steps_redone === 0 ? "" : `${steps_redone.toLocaleString("en")} steps again`,
    usd === null || usd === 0 ? "" : money(usd),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "costs nothing" : parts.join(" · ");
}

interface FormTargets {
  decide: (words: string) => void;
  meaning: OnCallTargets["meaning"];
}

function argumentForm(choice: Choice, { decide, meaning }: FormTargets): HTMLFormElement {
  const fields = choice.arguments.map((argument) => new ArgumentField(choice.name, argument, meaning));
  const go = element("button", { type: "submit", class: "primary" }, "Do it");
  const form = element("form", { class: "arguments", hidden: true }, ...fields.map((field) => field.element), go);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLSelectElement)) return; // a browser sends no form for it
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    decide([choice.name, ...fields.map((field) => field.words).filter((words) => words !== "")].join(","));
  });
  return form;
}

const OTHER = "";

/** A value that is offered, or another number. */
class ArgumentField {
  readonly element: HTMLElement;
  readonly #name: string;
  readonly #select: HTMLSelectElement;
  readonly #number: HTMLInputElement;
  readonly #choice: string;
  readonly #meant = element("output", { class: "meant" });
  readonly #meaning: OnCallTargets["meaning"];

  constructor(choice: string, { name, title, values, least, most }: ChoiceArgument, meaning: OnCallTargets["meaning"]) {
    const id = `on-call-${choice}-${name}`;
    this.#choice = choice;
    this.#name = name;
    this.#meaning = meaning;
    const options = values.map(({ text, title }) => element("option", { value: text }, title === text ? text : title));
    this.#select = element("select", { id }, ...options, element("option", { value: OTHER }, "another"));
    this.#number = element("input", {
      type: "number",
      min: least,
      max: most,
      step: "any",
      "aria-label": `${title}, another`,
    });
    this.#select.addEventListener("change", () => this.#follow());
    this.#number.addEventListener("input", () => void this.#sayMeaning());
    this.element = element(
      "div",
      { class: "argument" },
      element("label", { for: id }, title),
      this.#select,
      this.#number,
      this.#meant,
    );
    this.#follow();
  }

  get words(): string {
    const value = this.#select.value === OTHER ? this.#number.value : this.#select.value;
    return value === "" ? "" : `${this.#name}=${value}`;
  }

  #follow(): void {
    this.#number.hidden = this.#select.value !== OTHER;
    this.#number.required = !this.#number.hidden;
    this.#meant.hidden = this.#number.hidden;
    void this.#sayMeaning();
  }

  /** Which host a number is, for one; an answer that comes when another number stands there counts no more. */
  async #sayMeaning(): Promise<void> {
    const { value, hidden } = this.#number;
    const said = hidden || value === "" ? "" : await this.#meaning(`${this.#choice},${this.#name}=${value}`);
    if (this.#number.value === value && this.#number.hidden === hidden) this.#meant.textContent = said;
  }
}

const ROWS: [name: string, of: (tally: Tally) => string][] = [
  ["goodput", ({ goodput }) => percent(goodput)],
  ["cost", ({ usd }) => money(usd)],
  ["steps redone", ({ steps_redone }) => steps_redone.toLocaleString("en")],
  ["stops", ({ interruptions }) => interruptions.toLocaleString("en")],
  ["time", ({ seconds, is_over }) => (is_over ? clock(seconds) : "not over")],
  ["step", ({ step }) => step.toLocaleString("en")],
  ["validation loss", ({ loss }) => (loss === null ? "-" : loss.toFixed(4))],
];

function scores({ own, automatic, nobody, decisions }: Score): HTMLElement {
  const heads = ["you", "the policy", "nobody"].map((head) => element("th", { scope: "col" }, head));
  const body = ROWS.map(([name, of]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      ...[own, automatic, nobody].map((tally) => element("td", {}, of(tally))),
    ),
  );
  const decided = `${decisions} ${decisions === 1 ? "decision" : "decisions"}, beside the automatic policy and nobody at all, on the same luck`;
  return element(
    "div",
    { class: "weighed" },
    element(
      "table",
      {},
      element("caption", {}, decided),
      element("thead", {}, element("tr", {}, element("td"), ...heads)),
      element("tbody", {}, ...body),
    ),
  );
}

function goals(aims: Aim[]): HTMLElement {
  const item = ({ text, own, is_reached }: Aim): HTMLElement =>
    element(
      "li",
      { class: is_reached ? "reached" : "missed" },
      `${is_reached ? "reached" : "not reached"}: ${text}`,
      own === null ? "" : ` (${Number(own.toFixed(4))})`,
    );
  return element("ul", { class: "goals", "aria-label": "The goal" }, ...aims.map(item));
}

function percent(share: number): string {
  return `${(Math.floor(share * 1000 + 1e-6) / 10).toFixed(1)} %`;
}

function money(usd: number): string {
  return `$${Math.round(usd).toLocaleString("en")}`;
}

function rounded(minutes: number): string {
  return minutes < 10 ? minutes.toFixed(1) : Math.round(minutes).toLocaleString("en");
}
