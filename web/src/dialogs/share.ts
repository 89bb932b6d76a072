/** The share dialog: four ways to pass a run on, and how an embed of it would look. */

import { copyText, element } from "../page/dom";
import { site } from "../page/site";
import { openDialog } from "./dialog";
import { themeSelect } from "./settings";
import { makeSnippets, type ShareChoice, type Snippets } from "./snippets";

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

export function openShare(targets: ShareTargets): void {
  const theme = themeSelect("auto", "share-theme");
  const autoplay = element("input", { type: "checkbox", checked: true });
  const loop = element("input", { type: "checkbox" });
  const here = element("input", { type: "checkbox" });
  const preview = element("iframe", { title: "Preview of the embed", loading: "lazy", allow: "fullscreen" });
  const outputs = FIELDS.map(([name, label, rows]) => ({
    name,
    ...snippetField(label, rows, targets.say, name === "permalink"),
  }));

  const update = (): void => {
    const choice: ShareChoice = {
      query: targets.query,
      from: here.checked ? targets.runSeconds : undefined,
      theme: theme.value,
      autoplay: autoplay.checked,
      loop: loop.checked,
      pages: site.pages,
    };
    const snippets = makeSnippets(new URL("./", document.baseURI).href, choice);
    for (const { name, text } of outputs) text.value = snippets[name];
    if (preview.src !== snippets.preview) preview.src = snippets.preview;
  };
  for (const control of [theme, autoplay, loop, here]) control.addEventListener("change", update);

  const choices = element(
    "fieldset",
    { class: "share-choices" },
    element("legend", {}, "The embed"),
    element("label", {}, "theme ", theme),
    element("label", {}, autoplay, " plays by itself"),
    element("label", {}, loop, " begins again at the end"),
    element("label", {}, here, " begins at the present place"),
  );
  openDialog("Share", "share", ...outputs.map(({ field }) => field), choices, preview);
  update();
}

function snippetField(
  label: string,
  rows: number,
  say: ShareTargets["say"],
  autofocus: boolean,
): { field: HTMLElement; text: HTMLTextAreaElement } {
  const text = element("textarea", { readonly: true, rows, spellcheck: "false" });
  const copy = element("button", { type: "button", autofocus }, "Copy");
  copy.setAttribute("aria-label", `Copy: ${label}`);
  copy.addEventListener("click", async () => {
    text.select();
    const copied = await copyText(text.value);
    say(copied ? `${label}: copied` : `${label}: selected; press Ctrl+C to copy`);
  });
  return { field: element("div", { class: "snippet" }, element("label", {}, label, text), copy), text };
}
