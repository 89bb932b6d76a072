/** The presets to choose from, one click each: what it is, and how its loss falls. */

import { curvePath } from "../controls/drawing";
import type { PresetEntry, ScenarioEntry } from "../generated/protocol";
import { element, svg } from "../page/dom";

/** The drawing is stretched over its card. */
const BOX = { width: 1000, height: 32 };

/** @param chosen the preset of the run on show, empty if it is none */
export function gallery(presets: PresetEntry[], chosen: string, choose: (name: string) => void): HTMLElement {
  const cards = presets.map(({ name, title, summary, curve }) => ({ name, title, summary, curves: [curve] }));
  const all = {
    name: "",
    title: "All of them",
    summary: "one run after the other, in an order drawn from the seed",
    curves: presets.map(({ curve }) => curve),
  };
  return element(
    "section",
    { "aria-labelledby": "gallery-title" },
    element("h3", { id: "gallery-title" }, "Presets"),
    element("ul", { class: "gallery" }, ...[all, ...cards].map((card) => item(card, card.name === chosen, choose))),
  );
}

interface Card {
  name: string;
  title: string;
  summary: string;
  curves: PresetEntry["curve"][];
}

function item(card: Card, isChosen: boolean, choose: (name: string) => void): HTMLElement {
  const { name, title, summary, curves } = card;
  const button = element(
    "button",
    {
      type: "button",
      class: "preset",
      "data-preset": name,
      "aria-current": isChosen ? "true" : undefined,
      autofocus: isChosen,
    },
    element("strong", {}, title),
    drawing(curves),
    element("small", {}, summary),
  );
  button.addEventListener("click", () => choose(name));
  return element("li", {}, button);
}

function drawing(curves: PresetEntry["curve"][]): SVGElement {
  return svg(
    "svg",
    { viewBox: `0 0 ${BOX.width} ${BOX.height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...curves.map((curve) => svg("path", { class: "curve", d: curvePath(curve, BOX) })),
  );
}

/** The situations to be on call in, each with what is known beforehand and its goal. */
export function situations(scenarios: ScenarioEntry[], chosen: string, choose: (name: string) => void): HTMLElement {
  const cards = scenarios.map((scenario) => {
    const button = element(
      "button",
      {
        type: "button",
        class: "preset situation",
        "data-scenario": scenario.name,
        "aria-current": scenario.name === chosen ? "true" : undefined,
      },
      element("strong", {}, scenario.title),
      element("small", {}, scenario.briefing),
      element("code", {}, `goal: ${scenario.goal}`),
    );
    button.addEventListener("click", () => choose(scenario.name));
    return element("li", {}, button);
  });
  return element(
    "section",
    { "aria-labelledby": "situations-title" },
    element("h3", { id: "situations-title" }, "On call"),
    element("ul", { class: "gallery situations" }, ...cards),
  );
}
