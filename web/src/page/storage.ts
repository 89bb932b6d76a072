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

/** Written by this page or an older one: each setting counts if it can be used. */
function checked(stored: unknown): StoredSettings {
  const { theme, fontSize, shortcuts }: Partial<Record<keyof StoredSettings, unknown>> = Object(stored);
  return {
    theme: THEME_NAMES.find((name) => name === theme) ?? DEFAULTS.theme,
    fontSize: typeof fontSize === "number" && fontSize > 0 ? fontSize : undefined,
    shortcuts: shortcuts !== false,
  };
}
