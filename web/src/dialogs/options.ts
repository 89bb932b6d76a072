/** The options that the core takes on this page, from the file that the build wrote out of the core's own table. */

import { engineManifest, siteBase } from "../engine/manifest";

export interface OptionField {
  name: string;
  group: string;
  help: string;
  control: "checkbox" | "select" | "number" | "text";
  placeholder: string;
  choices: string[];
  repeatable: boolean;
  default: unknown;
}

export interface PresetEntry {
  name: string;
  title: string;
  summary: string;
}

export interface OptionsSchema {
  options: OptionField[];
  presets: PresetEntry[];
}

let schema: Promise<OptionsSchema> | null = null;

export function loadOptions(): Promise<OptionsSchema> {
  schema ??= fetchOptions();
  return schema;
}

async function fetchOptions(): Promise<OptionsSchema> {
  const response = await fetch(new URL(engineManifest.options, siteBase()));
  const data = (await response.json()) as OptionsSchema | OptionField[];
  const read = Array.isArray(data) ? { options: data, presets: [] } : data;
  return { options: read.options, presets: read.presets.length > 0 ? read.presets : bareNames(read.options) };
}

function bareNames(options: OptionField[]): PresetEntry[] {
  const names = options.find(({ name }) => name === "preset")?.choices ?? [];
  return names.map((name) => ({ name, title: name, summary: "" }));
}
