// @vitest-environment jsdom
// The panel of whoever is on call: what it says, what keys do, and how it went.

import { beforeEach, describe, expect, it, vi } from "vitest";
import { OnCallPanel } from "../../../web/src/dialogs/on-call";
import type { Choice, Offers, Score, Tally } from "../../../web/src/generated/protocol";

const choice = (said: Partial<Choice>): Choice => ({
  name: "restart",
  title: "restart on the same nodes",
  minutes: 3.9,
  steps_redone: 1045,
  usd: 607.2,
  risk: "what ails a machine strikes again",
  arguments: [],
  ...said,
});

const NODE = { name: "node", title: "which node, 0 to 7", is_needed: true, least: 0, most: 7 } as const;
const OFFERS: Offers = {
  calls: [{ number: 1, kind: "down", title: "the job is down", since_seconds: 60, escalates_seconds: 7260 }],
  choices: [
    choice({}),
    choice({
      name: "drain",
      title: "drain a node",
      arguments: [{ ...NODE, values: [{ text: "3", title: "node 3" }] }],
    }),
    choice({ name: "wait", title: "wait", minutes: null, steps_redone: 0, usd: 0, risk: "" }),
  ],
};
const tally = (said: Partial<Tally>): Tally => ({
  goodput: 0.8999,
  usd: 1234.4,
  interruptions: 2,
  steps_redone: 40,
  step: 900,
  seconds: 90_000,
  is_over: true,
  loss: 2.1,
  ...said,
});
const SCORE: Score = {
  run_seconds: 1,
  own: tally({}),
  automatic: tally({ goodput: 0.7 }),
  nobody: tally({ goodput: 0.1, is_over: false, loss: null }),
  decisions: 1,
  title: "One bad GPU",
  aims: [
    { text: "goodput >= 0.8", own: 0.8999, automatic: 0.7, is_reached: true, is_reached_by_policy: false },
    { text: "usd <= 5", own: null, automatic: null, is_reached: false, is_reached_by_policy: false },
  ],
};

function shown(decide = async (_words: string) => "") {
  const targets = {
    offers: async () => OFFERS,
    score: async () => SCORE,
    decide: vi.fn(decide),
    meaning: vi.fn(async (words: string) => (words.endsWith("=") ? "" : `host of ${words}`)),
    goOn: vi.fn(),
    now: () => 120,
    say: vi.fn(),
    share: vi.fn(),
    again: vi.fn(),
  };
  const panel = new OnCallPanel(targets);
  document.body.replaceChildren(panel.element);
  return { panel, targets };
}

const press = (key: string, target: EventTarget = document.body): boolean =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const textOf = (panel: OnCallPanel): string => panel.element.textContent ?? "";

beforeEach(() => document.body.replaceChildren());

describe("the panel", () => {
  it("says what waits, since when, and what each choice costs", async () => {
    const { panel, targets } = shown();
    expect(panel.isOpen).toBe(false);
    await panel.open();
    expect(panel.isOpen).toBe(true);
    expect(textOf(panel)).toContain("the job is down");
    expect(textOf(panel)).toContain("for 0:01:00; somebody else sees to it in 1:59:00");
    expect(textOf(panel)).toContain("3.9 min · 1,045 steps again · $607");
    expect(textOf(panel)).toContain("costs nothing");
    expect(targets.say).toHaveBeenCalledWith("On call: the job is down. 3 choices, numbers choose, Escape goes on.");
  });

  it("decides by number, and lets the show go on", async () => {
    const { panel, targets } = shown();
    await panel.open();
    expect(press("1")).toBe(false);
    await vi.waitFor(() => expect(targets.goOn).toHaveBeenCalled());
    expect(targets.decide).toHaveBeenCalledWith("restart");
    expect(panel.isOpen).toBe(false);
  });

  it("asks for what a decision is given", async () => {
    const { panel, targets } = shown();
    await panel.open();
    press("2");
    const form = panel.element.querySelector("form") as HTMLFormElement;
    expect(form.hidden).toBe(false);
    form.requestSubmit();
    await vi.waitFor(() => expect(targets.decide).toHaveBeenCalledWith("drain,node=3"));
  });

  it("takes Enter in a choice of values for a decision", async () => {
    const { panel, targets } = shown();
    await panel.open();
    press("2");
    press("Enter", panel.element.querySelector("select") as HTMLSelectElement);
    await vi.waitFor(() => expect(targets.decide).toHaveBeenCalledWith("drain,node=3"));
  });

  it("takes another number than those that are offered", async () => {
    const { panel, targets } = shown();
    await panel.open();
    press("2");
    const form = panel.element.querySelector("form") as HTMLFormElement;
    const [select, number] = [form.querySelector("select"), form.querySelector("input")];
    if (select === null || number === null) throw new Error("no fields");
    expect(number.hidden).toBe(true);
    select.value = "";
    select.dispatchEvent(new Event("change"));
    expect(number.hidden).toBe(false);
    const meant = form.querySelector("output") as HTMLOutputElement;
    expect([meant.hidden, meant.textContent]).toEqual([false, ""]);
    number.value = "6";
    number.dispatchEvent(new Event("input"));
    await vi.waitFor(() => expect(meant.textContent).toBe("host of drain,node=6"));
    form.requestSubmit();
    await vi.waitFor(() => expect(targets.decide).toHaveBeenCalledWith("drain,node=6"));
  });

  it("stays and says why where a decision is refused", async () => {
    const { panel, targets } = shown(async () => "restart is not possible now");
    await panel.open();
    press("1");
    await vi.waitFor(() => expect(panel.element.querySelector("[role=alert]")?.textContent).toContain("not possible"));
    expect(targets.goOn).not.toHaveBeenCalled();
    expect(panel.isOpen).toBe(true);
  });

  it("goes on without a decision at Escape, and leaves other keys alone", async () => {
    const { panel, targets } = shown();
    await panel.open();
    expect(press("9")).toBe(true);
    expect(press("d")).toBe(true);
    expect(press("Escape")).toBe(false);
    expect(targets.goOn).toHaveBeenCalled();
    expect(targets.decide).not.toHaveBeenCalled();
    expect(press("1")).toBe(true);
  });

  it("takes the focus where somebody asks for it, and gives it back", async () => {
    const { panel } = shown();
    const button = document.createElement("button");
    document.body.append(button);
    button.focus();
    await panel.open();
    expect(document.activeElement, "what comes by itself takes it from nothing").toBe(button);
    await panel.open({ takesFocus: true });
    expect(document.activeElement?.id).toBe("on-call-title");
    press("Escape");
    expect(document.activeElement).toBe(button);
  });

  it("has the focus that nothing else has, also when it says something else", async () => {
    const { panel } = shown();
    await panel.open();
    expect(document.activeElement?.id).toBe("on-call-title");
    const [, score] = panel.element.querySelectorAll<HTMLElement>("footer button");
    score?.focus();
    score?.click();
    await vi.waitFor(() => expect(textOf(panel)).toContain("the policy"));
    expect(document.activeElement?.id).toBe("on-call-title");
    panel.close();
    expect(document.activeElement).toBe(document.body);
  });

  it("leaves digits to a field", async () => {
    const { panel, targets } = shown();
    await panel.open();
    const field = panel.element.querySelector("input") as HTMLInputElement;
    expect(press("1", field)).toBe(true);
    expect(targets.decide).not.toHaveBeenCalled();
  });

  it("tells how it went, beside the policy and nobody, and what of the goal was reached", async () => {
    const { panel, targets } = shown();
    await panel.tell("The night is over");
    expect(panel.element.querySelector("h2")?.textContent).toBe("One bad GPU: the night is over");
    const rows = [...panel.element.querySelectorAll("tbody tr")].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(rows[0]).toEqual(["goodput", "89.9 %", "70.0 %", "10.0 %"]);
    expect(rows).toContainEqual(["time", "1d 01:00:00", "1d 01:00:00", "not over"]);
    expect(rows).toContainEqual(["validation loss", "2.1000", "2.1000", "-"]);
    expect(textOf(panel)).toContain("reached: goodput >= 0.8 (0.8999)");
    expect(textOf(panel)).toContain("not reached: usd <= 5");
    expect(textOf(panel)).toContain("1 decision, beside");
    const [share, again] = [...panel.element.querySelectorAll<HTMLElement>("footer button")];
    share?.click();
    expect(targets.share).toHaveBeenCalled();
    again?.click();
    expect(targets.again).toHaveBeenCalled();
  });
});
