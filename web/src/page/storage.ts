/** The only thing that is stored: the visitor's display settings. Works without storage, too. */

import { THEME_NAMES, type ThemeName } from "../terminal/themes";

export interface StoredSettings {
  theme: ThemeName;
  fontSize: number | undefined;
  shortcuts: boolean;
}

const KEY = "pysim";
const DEFAULTS: StoredSettings = { theme: "auto", fontSize: undefined, shortcuts: true };

export function loadSettings(): StoredSettings {
  try {
    return checked(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
  } catch {
    return { ...DEFAULTS };
  }
}

export function saveSettings(settings: StoredSettings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // a private window or a sandboxed frame: the settings last as long as the page
  }
}

function checked(stored: Partial<Record<keyof StoredSettings, unknown>>): StoredSettings {
  const theme = THEME_NAMES.find((name) => name === stored.theme);
  const fontSize = typeof stored.fontSize === "number" && stored.fontSize > 0 ? stored.fontSize : undefined;
  return { theme: theme ?? DEFAULTS.theme, fontSize, shortcuts: stored.shortcuts !== false };
}
