/** The settings: presets first, one click each, then every option of the core, then how the page looks. */

import type { Form, OptionField, OptionName } from "../generated/protocol";
import { element } from "../page/dom";
import type { StoredSettings } from "../page/storage";
import { words } from "../page/words";
import { THEME_NAMES, THEMES, type ThemeName } from "../terminal/themes";
import { openDialog } from "./dialog";
import { gallery, situations } from "./gallery";
import { loadForm } from "./options";

export interface SettingsTargets {
  query: string;
  canRun: boolean;
  settings: StoredSettings;
  open: (query: string) => void;
  display: (settings: StoredSettings) => void;
}

const PLACES: ReadonlySet<string> = new Set<OptionName>(["from", "until", "inject", "decide"]);
const ADVANCED = "everything else";

export async function openSettings(targets: SettingsTargets): Promise<void> {
  const schema = await loadForm();
  const given = new URLSearchParams(targets.query);
  const form = element("form", { method: "dialog" });
  if (targets.canRun) form.append(...groups(schema, given));
  else
    form.append(element("p", {}, "The simulator does not run here, so a recorded run plays; its options are fixed."));
  form.append(displayGroup(targets));
  const apply = element("button", { type: "submit", class: "primary" }, "Run with these options");
  if (targets.canRun) form.append(element("footer", {}, apply));
  const leaveFor = (query: string): void => {
    close();
    targets.open(query);
  };
  const openPreset = (preset: string): void =>
    leaveFor(preset === "" ? "" : new URLSearchParams({ preset }).toString());
  const openScenario = (scenario: string): void => leaveFor(new URLSearchParams({ scenario }).toString());
  const presets = targets.canRun
    ? [
        gallery(schema.presets, given.get("preset") ?? "", openPreset),
        situations(schema.scenarios, given.get("scenario") ?? "", openScenario),
      ]
    : [];
  const { close } = openDialog("Settings", "settings", ...presets, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    leaveFor(askedQuery(formQuery(form, schema.options), given));
  });
}

function groups(schema: Form, given: URLSearchParams): HTMLElement[] {
  const names = [...new Set(schema.options.map(({ group }) => group))];
  return names.map((group) => {
    const fields = schema.options.filter((option) => option.group === group);
    const open = fields.some(({ name }) => name !== "preset" && given.has(name));
    return element(
      "details",
      { class: "group", open },
      element("summary", {}, group || ADVANCED),
      ...fields.map((option) => optionField(option, given)),
    );
  });
}

function optionField(option: OptionField, given: URLSearchParams): HTMLElement {
  const id = `option-${option.name}`;
  const control = optionControl(option, id, given);
  const hint = element("small", { id: `${id}-help` }, option.help);
  control.setAttribute("aria-describedby", hint.id);
  return element("div", { class: "field" }, element("label", { for: id }, option.name), control, hint);
}

function optionControl(option: OptionField, id: string, given: URLSearchParams): HTMLElement {
  const { name } = option;
  if (option.choices.length > 0) {
    const chosen = given.getAll(name);
    const item = (value: string, text: string): HTMLElement =>
      element("option", { value, selected: chosen.includes(value) }, text);
    const items = option.choices.map((choice) => item(choice, choice));
    if (!option.repeatable) items.unshift(item("", name === "preset" ? "all of them" : "as the preset has it"));
    return element(
      "select",
      { id, name, multiple: option.repeatable, size: option.repeatable ? 4 : undefined },
      ...items,
    );
  }
  if (option.control === "checkbox") {
    return element("input", { id, name, type: "checkbox", value: "true", checked: given.has(name) });
  }
  return element("input", {
    id,
    name,
    type: "text",
    value: given.getAll(name).join(" "),
    placeholder: placeholder(option),
    autocomplete: "off",
    spellcheck: "false",
  });
}

/** What an empty field means, else an example. */
function placeholder({ default: usual, wants }: OptionField): string {
  if (usual !== null && usual !== undefined && String(usual) !== "") return String(usual);
  return /such as (.*)$/.exec(wants)?.[0] ?? wants;
}

/** Places of a run mean nothing in another one: with another preset those that were there already are left out. */
export function askedQuery(asked: URLSearchParams, given: URLSearchParams): string {
  if ((asked.get("preset") ?? "") === (given.get("preset") ?? "")) return asked.toString();
  const isLeft = ([name, value]: [string, string]): boolean => PLACES.has(name) && given.getAll(name).includes(value);
  return new URLSearchParams([...asked].filter((pair) => !isLeft(pair))).toString();
}

/** Only what was filled in: an empty field means the default. */
function formQuery(form: HTMLFormElement, options: OptionField[]): URLSearchParams {
  const names = new Map(options.map(({ name, repeatable }) => [name, repeatable]));
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (!names.has(name) || typeof value !== "string" || value.trim() === "") continue;
    for (const each of names.get(name) ? words(value) : [value.trim()]) query.append(name, each);
  }
  return query;
}

function displayGroup({ settings, display }: SettingsTargets): HTMLElement {
  const theme = themeSelect(settings.theme);
  const font = element("input", {
    id: "display-font",
    type: "number",
    min: 6,
    max: 48,
    step: 0.5,
    value: settings.fontSize ?? "",
    placeholder: "fits by itself",
  });
  const shortcuts = element("input", { id: "display-keys", type: "checkbox", checked: settings.shortcuts });
  const tell = (): void =>
    display({
      theme: theme.value as ThemeName,
      fontSize: font.value === "" || !font.checkValidity() ? undefined : Number(font.value),
      shortcuts: shortcuts.checked,
    });
  for (const control of [theme, font, shortcuts]) control.addEventListener("change", tell);
  return element(
    "fieldset",
    { class: "display" },
    element("legend", {}, "Display"),
    element("div", { class: "field" }, element("label", { for: "display-theme" }, "theme"), theme),
    element("div", { class: "field" }, element("label", { for: "display-font" }, "font size"), font),
    element("div", { class: "field" }, element("label", { for: "display-keys" }, "keyboard shortcuts"), shortcuts),
  );
}

export function themeSelect(chosen: ThemeName, id = "display-theme"): HTMLSelectElement {
  const title = (name: ThemeName): string => (name === "auto" ? "As the system" : THEMES[name].title);
  const items = THEME_NAMES.map((name) => element("option", { value: name, selected: name === chosen }, title(name)));
  return element("select", { id }, ...items);
}
