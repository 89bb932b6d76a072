/** Colour themes: the terminal's palette and the few colours of the page around it. */

import type { ITheme } from "@xterm/xterm";

export const THEME_NAMES = [
  "auto",
  "dark",
  "light",
  "midnight",
  "amber",
  "paper",
  "contrast",
  "contrast-light",
] as const;
export type ThemeName = (typeof THEME_NAMES)[number];
export type ConcreteTheme = Exclude<ThemeName, "auto">;

export interface Theme {
  title: string;
  scheme: "dark" | "light";
  terminal: ITheme & { background: string; foreground: string };
  /** The bar and the dialogs. */
  panel: string;
  edge: string;
  quiet: string;
  accent: string;
  onAccent: string;
  /** Of text in the terminal, whatever its colours. */
  leastContrast?: number;
}

const READABLE = 4.5; // WCAG AA
const HIGHLY_READABLE = 7; // WCAG AAA

const NORMAL = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const BRIGHT = [
  "brightBlack",
  "brightRed",
  "brightGreen",
  "brightYellow",
  "brightBlue",
  "brightMagenta",
  "brightCyan",
  "brightWhite",
] as const;
/** The sixteen colours in the order of their codes, the bright ones last. */
export const COLOURS = [...NORMAL, ...BRIGHT] as const;

type Palette = [string, string, string, string, string, string, string, string];

function ansi(normal: Palette, bright: Palette): ITheme {
  return Object.fromEntries([...normal, ...bright].map((value, index) => [COLOURS[index], value]));
}

const DARK_ANSI = ansi(
  ["#2b313b", "#f2777a", "#7fc98b", "#e5c07b", "#74b0f4", "#cf9bea", "#66c8d0", "#c9d1d9"],
  ["#8b96a5", "#ff9a9c", "#a2e0ac", "#f3d79b", "#9ac8ff", "#e2bbf5", "#8fe0e6", "#f4f7fa"],
);
const LIGHT_ANSI = ansi(
  ["#24292f", "#b3261e", "#1a6b34", "#7a5200", "#0b57c2", "#7b3fb0", "#07656f", "#59636e"],
  ["#57606a", "#9a1c15", "#11582a", "#654400", "#0a4aa6", "#6a3299", "#06565f", "#24292f"],
);

export const THEMES: Record<ConcreteTheme, Theme> = {
  dark: {
    title: "Dark",
    scheme: "dark",
    terminal: { background: "#0f1318", foreground: "#d5dbe3", selectionBackground: "#2f4a6e", ...DARK_ANSI },
    panel: "#171c23",
    edge: "#2d3540",
    quiet: "#9aa5b3",
    accent: "#74b0f4",
    onAccent: "#0b1016",
  },
  light: {
    title: "Light",
    scheme: "light",
    terminal: { background: "#fbfcfd", foreground: "#24292f", selectionBackground: "#b9d6fb", ...LIGHT_ANSI },
    panel: "#f0f3f6",
    edge: "#cdd5dd",
    quiet: "#57606a",
    accent: "#0b57c2",
    onAccent: "#ffffff",
  },
  midnight: {
    title: "Midnight",
    scheme: "dark",
    terminal: {
      background: "#151a33",
      foreground: "#d6dcf5",
      selectionBackground: "#38447d",
      ...ansi(
        ["#2a3157", "#ff8095", "#8ed99a", "#f0cc88", "#8bb4ff", "#d0a8ff", "#76d5e5", "#cdd5f2"],
        ["#8e99c9", "#ffa5b3", "#b2ecba", "#f9dfae", "#b1ccff", "#e3c8ff", "#a2e6f1", "#f5f7ff"],
      ),
    },
    panel: "#1c2242",
    edge: "#353e6b",
    quiet: "#a4aed6",
    accent: "#8bb4ff",
    onAccent: "#0d1230",
  },
  amber: {
    title: "Amber",
    scheme: "dark",
    terminal: {
      background: "#14100a",
      foreground: "#f0c070",
      selectionBackground: "#5a4218",
      ...ansi(
        ["#3a2f1b", "#ff8a5c", "#c9cf6b", "#ffcf5e", "#d9b37a", "#e8a07a", "#d8c48a", "#ecc685"],
        ["#b08d50", "#ffab88", "#e0e58c", "#ffe08f", "#ecce9f", "#f5bd9f", "#ebdbad", "#ffe9c2"],
      ),
    },
    panel: "#1e180e",
    edge: "#43361d",
    quiet: "#bf9d62",
    accent: "#ffcf5e",
    onAccent: "#191206",
  },
  paper: {
    title: "Paper",
    scheme: "light",
    terminal: {
      background: "#f8f3e6",
      foreground: "#3b352a",
      selectionBackground: "#e2d2a4",
      ...ansi(
        ["#3b352a", "#a5281b", "#3f6212", "#7a4f00", "#1d4f91", "#7a3373", "#13605c", "#655d4c"],
        ["#6a6150", "#8d1f14", "#33500e", "#664200", "#17427a", "#662a60", "#0f504d", "#3b352a"],
      ),
    },
    panel: "#efe7d3",
    edge: "#d3c7a8",
    quiet: "#655d4c",
    accent: "#1d4f91",
    onAccent: "#ffffff",
  },
  contrast: {
    title: "High contrast",
    scheme: "dark",
    terminal: {
      background: "#000000",
      foreground: "#ffffff",
      selectionBackground: "#1a53ff",
      ...ansi(
        ["#000000", "#ff6b6b", "#5dff7f", "#ffe14d", "#7ab8ff", "#ff9bff", "#5df5ff", "#ffffff"],
        ["#c4c4c4", "#ff9a9a", "#9bffb0", "#fff08f", "#add4ff", "#ffc4ff", "#a0faff", "#ffffff"],
      ),
    },
    panel: "#000000",
    edge: "#ffffff",
    quiet: "#d8d8d8",
    accent: "#ffe14d",
    onAccent: "#000000",
    leastContrast: HIGHLY_READABLE,
  },
  "contrast-light": {
    title: "High contrast, light",
    scheme: "light",
    terminal: {
      background: "#ffffff",
      foreground: "#000000",
      selectionBackground: "#9cc3ff",
      ...ansi(
        ["#000000", "#8f0d0d", "#0b4d1c", "#5c3a00", "#06307f", "#5c1a78", "#04494f", "#2b2b2b"],
        ["#3a3a3a", "#7a0000", "#063d14", "#4a2f00", "#04256a", "#4a1263", "#033b40", "#000000"],
      ),
    },
    panel: "#ffffff",
    edge: "#000000",
    quiet: "#262626",
    accent: "#06307f",
    onAccent: "#ffffff",
    leastContrast: HIGHLY_READABLE,
  },
};

/** Terminals draw faint text at half its contrast, too little to be read by everybody: ours has the theme's quiet grey. */
const FAINT = "\u001b[2m";
const QUIET = "\u001b[90m";

export function withoutFaint(text: string): string {
  return text.replaceAll(FAINT, QUIET);
}

const lightScheme = matchMedia("(prefers-color-scheme: light)");
const moreContrast = matchMedia("(prefers-contrast: more)");
const forcedColours = matchMedia("(forced-colors: active)");

/** Forced colours are the visitor's and win over every theme. */
export function areColoursForced(): boolean {
  return forcedColours.matches;
}

export function resolveTheme(name: ThemeName): Theme {
  if (areColoursForced()) return inSystemColours();
  const theme = THEMES[name === "auto" ? systemTheme() : name];
  if (!moreContrast.matches || theme.leastContrast === HIGHLY_READABLE) return theme;
  return { ...theme, quiet: theme.terminal.foreground, edge: theme.quiet, leastContrast: HIGHLY_READABLE };
}

export function leastContrast(theme: Theme): number {
  return theme.leastContrast ?? READABLE;
}

function systemTheme(): ConcreteTheme {
  if (moreContrast.matches) return lightScheme.matches ? "contrast-light" : "contrast";
  return lightScheme.matches ? "light" : "dark";
}

/** The palette that goes with the system's background, on that background. */
function inSystemColours(): Theme {
  const { background, foreground } = systemColours();
  const fitting = THEMES[isLight(background) ? "contrast-light" : "contrast"];
  return {
    ...fitting,
    terminal: { ...fitting.terminal, background, foreground },
    panel: "Canvas",
    edge: "CanvasText",
    quiet: "CanvasText",
    accent: "Highlight",
    onAccent: "HighlightText",
  };
}

/** As numbers, which the terminal needs. */
function systemColours(): { background: string; foreground: string } {
  const probe = document.createElement("span");
  Object.assign(probe.style, { backgroundColor: "Canvas", color: "CanvasText" });
  document.body.append(probe);
  const { backgroundColor: background, color: foreground } = getComputedStyle(probe);
  probe.remove();
  return { background, foreground };
}

/** By its luma; the colour is as browsers compute it: rgb(255, 255, 255). */
export function isLight(colour: string): boolean {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 127;
}

export function onSchemeChange(listener: () => void): void {
  for (const wish of [lightScheme, moreContrast, forcedColours]) wish.addEventListener("change", listener);
}

/** Gives the page around the terminal the theme's colours. */
export function paintPage(theme: Theme): void {
  const style = document.documentElement.style;
  style.setProperty("color-scheme", theme.scheme);
  style.setProperty("--background", theme.terminal.background);
  style.setProperty("--text", theme.terminal.foreground);
  style.setProperty("--panel", theme.panel);
  style.setProperty("--edge", theme.edge);
  style.setProperty("--quiet", theme.quiet);
  style.setProperty("--accent", theme.accent);
  style.setProperty("--on-accent", theme.onAccent);
  style.setProperty("--red", theme.terminal.red ?? "");
  style.setProperty("--green", theme.terminal.green ?? "");
  style.setProperty("--yellow", theme.terminal.yellow ?? "");
}
