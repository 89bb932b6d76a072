/** The share dialog: which moment of a run and what of it, how that would look in an embed, and four ways to pass it on. */

import { PARTS } from "../generated/constants";
import { copyText, element } from "../page/dom";
import { clock } from "../page/format";
import type { Part } from "../page/query";
import { site } from "../page/site";
import { openDialog } from "./dialog";
import { themeSelect } from "./settings";
import { DEFAULT_HEIGHT, DEFAULT_WIDTH, makeSnippets, type ShareChoice, type Snippets } from "./snippets";

export interface ShareTargets {
  query: string;
  runSeconds: number;
  say: (sentence: string) => void;
}

const FIELDS: [name: keyof Snippets, label: string, rows: number][] = [
  ["permalink", "Link", 2],
  ["iframe", "Embed as iframe", 3],
  ["element", "Embed as element", 2],
  ["command", "Command line", 2],
];

/** Sizes that an article has room for: what they are, width and height. */
const SIZES: [title: string, width: string, height: string][] = [
  ["as wide as the text, 420 high", DEFAULT_WIDTH, DEFAULT_HEIGHT],
  ["as wide as the text, 300 high", DEFAULT_WIDTH, "300"],
  ["600 x 200, a curve or a few lines", "600", "200"],
  ["800 x 450, a picture", "800", "450"],
  ["360 x 480, a phone", "360", "480"],
];

const PART_TITLES: Record<Part, string> = {
  log: "the log",
  curve: "the loss curve",
  fleet: "the fleet",
  numbers: "numbers",
  timeline: "the timeline",
};

/** First which moment, in which size, and what of it; then what to copy. */
export function openShare(targets: ShareTargets): void {
  const moment = momentChoice(targets.runSeconds);
  const size = element("select", { id: "share-size" }, ...SIZES.map(([title], index) => option(String(index), title)));
  const parts = PARTS.map((part) => ({ part, box: element("input", { type: "checkbox" }) }));
  const theme = themeSelect("auto", "share-theme");
  const autoplay = element("input", { type: "checkbox", checked: true });
  const preview = element("iframe", { title: "Preview of the embed", loading: "lazy", allow: "fullscreen" });
  const outputs = FIELDS.map(([name, label, rows]) => ({ name, ...snippetField(label, rows, targets.say) }));

  const update = (): void => {
    const [, width = DEFAULT_WIDTH, height = DEFAULT_HEIGHT] = SIZES[Number(size.value)] ?? [];
    const choice: ShareChoice = {
      ...moment.chosen(),
      query: targets.query,
      parts: parts.filter(({ box }) => box.checked).map(({ part }) => part),
      width,
      height,
      theme: theme.value,
      autoplay: autoplay.checked,
      pages: site.pages,
    };
    const snippets = makeSnippets(new URL("./", document.baseURI).href, choice);
    for (const { name, text } of outputs) text.value = snippets[name];
    if (preview.src !== snippets.preview) preview.src = snippets.preview;
    preview.style.height = `${height}px`;
    preview.style.maxWidth = width === DEFAULT_WIDTH ? "" : `${width}px`;
  };

  const choices = [
    moment.field,
    choiceOf("The embed", element("label", { for: size.id }, "size ", size), element("label", {}, "theme ", theme)),
    choiceOf(
      "Only these parts of it",
      ...parts.map(({ part, box }) => element("label", {}, box, ` ${PART_TITLES[part]}`)),
    ),
    choiceOf("When it is seen", element("label", {}, autoplay, " plays by itself"), ...moment.loop),
  ];
  for (const choice of choices) choice.addEventListener("change", update);
  openDialog("Share", "share", ...choices, preview, ...outputs.map(({ field }) => field));
  update();
}

/** Where it begins and ends. */
function momentChoice(runSeconds: number) {
  const here = element("input", { type: "checkbox" });
  const until = element("input", { type: "text", size: 12, placeholder: "step:2000", id: "share-until" });
  const loop = element("input", { type: "checkbox" });
  const field = choiceOf(
    "The moment",
    element("label", {}, here, ` begins at the present place, ${clock(runSeconds)}`),
    element("label", { for: until.id }, "ends at ", until),
  );
  return {
    field,
    loop: [element("label", {}, loop, " begins again at the end")],
    chosen: () => ({ from: here.checked ? runSeconds : undefined, until: until.value.trim(), loop: loop.checked }),
  };
}

function choiceOf(title: string, ...labels: HTMLElement[]): HTMLElement {
  return element("fieldset", { class: "share-choices" }, element("legend", {}, title), ...labels);
}

const option = (value: string, title: string): HTMLOptionElement => element("option", { value }, title);

function snippetField(
  label: string,
  rows: number,
  say: ShareTargets["say"],
): { field: HTMLElement; text: HTMLTextAreaElement } {
  const text = element("textarea", { readonly: true, rows, spellcheck: "false" });
  const copy = element("button", { type: "button" }, "Copy");
  copy.setAttribute("aria-label", `Copy: ${label}`);
  copy.addEventListener("click", async () => {
    text.select();
    const copied = await copyText(text.value);
    say(copied ? `${label}: copied` : `${label}: selected; press Ctrl+C to copy`);
  });
  return { field: element("div", { class: "snippet" }, element("label", {}, label, text), copy), text };
}
