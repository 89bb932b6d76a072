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
  schema ??= fetchOptions().catch((error) => {
    schema = null; // the next try may have a network
    throw error;
  });
  return schema;
}

async function fetchOptions(): Promise<OptionsSchema> {
  const response = await fetch(new URL(engineManifest.options, siteBase()));
  if (!response.ok) throw new Error(`${engineManifest.options}: ${response.status}`);
  return (await response.json()) as OptionsSchema;
}
