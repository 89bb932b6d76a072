/** The full page's actions, for its bar, menu and keys. */

import type { App } from "./app";
import type { Action } from "./controls/actions";
import { withDialogs } from "./dialogs/later";
import type { SearchTargets } from "./dialogs/search";
import { explainAction } from "./explaining";
import { ON_CALL_KEY } from "./generated/constants";
import { OnCall } from "./on-call";
import { copyText, saveFile } from "./page/dom";
import { fromHere } from "./page/from-here";
import { describeProblem } from "./page/notes";
import { SITE_LINKS } from "./page/site";
import type { Moment } from "./show/stage";
import { areColoursForced, THEME_NAMES, THEMES } from "./terminal/themes";
import { PLACES, timeActions } from "./time-actions";

const MOST_SEED = 2 ** 32;
/** A recording can do without these. */
const NEED_ENGINE: ReadonlySet<string> = new Set([
  "seed",
  "inject",
  "explain",
  "what-if",
  "on-call",
  "cast",
  ...PLACES,
]);

export function pageActions(app: App): { actions: Action[]; keys: Record<string, () => void> } {
  const { show } = app;
  const onCall = new OnCall(app, () => void share(app));
  const actions: Action[] = [
    { id: "restart", label: "Start again", icon: "restart", key: "r", inBar: true, run: () => restart(app) },
    { id: "seed", label: "New seed", icon: "dice", key: "R", inBar: true, run: () => newSeed(app) },
    { id: "inject", label: "Let something go wrong", icon: "bolt", key: "x", inBar: true, run: () => inject(app) },
    { id: "what-if", label: "What if", icon: "scales", key: "w", inBar: false, run: () => whatIf(app) },
    { id: "on-call", label: "On call", icon: "phone", key: ON_CALL_KEY, inBar: false, run: () => void onCall.toggle() },
    { id: "theme", label: "Next theme", icon: "theme", key: "T", inBar: true, run: () => nextTheme(app) },
    {
      id: "fullscreen",
      label: "Stage (full screen)",
      icon: "fullscreen",
      key: "f",
      inBar: true,
      run: () => app.stage.toggle(),
    },
    { id: "share", label: "Share", icon: "share", key: "s", inBar: true, run: () => share(app) },
    { id: "settings", label: "Settings", icon: "settings", key: ",", inBar: true, run: () => settings(app) },
    explainAction(app),
    ...timeActions(app),
    {
      id: "search",
      label: "Search",
      icon: "search",
      key: "/",
      inBar: false,
      run: () => withDialogs(app.notes, ({ openSearch }) => openSearch(searchTargets(app))),
    },
    { id: "copy", label: "Copy the text", icon: "copy", key: "c", inBar: false, run: () => copy(app) },
    { id: "download", label: "Download the text", icon: "download", inBar: false, run: () => downloadText(app) },
    { id: "cast", label: "Download as asciicast", icon: "download", inBar: false, run: () => downloadCast(app) },
    {
      id: "help",
      label: "Help",
      icon: "help",
      key: "?",
      inBar: false,
      run: () => withDialogs(app.notes, ({ openHelp }) => openHelp(actions)),
    },
    ...SITE_LINKS.map(
      ({ id, label, href }): Action => ({
        id,
        label,
        icon: "link",
        inBar: false,
        run: () => open(href, "_blank", "noopener"),
      }),
    ),
  ];
  const available = show.hasEngine ? actions : actions.filter(({ id }) => !NEED_ENGINE.has(id));
  const keys = available.flatMap(({ key, run }): [string, () => void][] => (key === undefined ? [] : [[key, run]]));
  return { actions: available, keys: Object.fromEntries(keys) };
}

function restart(app: App): void {
  app.show.move("restart");
  app.status.say("From the beginning");
}

function newSeed(app: App): void {
  const seed = String(crypto.getRandomValues(new Uint32Array(1))[0] ?? Math.floor(Math.random() * MOST_SEED));
  app.show.newSeed(seed);
  app.status.say(`New seed: ${seed}`);
}

export function inject(app: App): Promise<void> {
  const letHappen = async (words: string): Promise<void> => {
    const refusal = await app.show.inject(words);
    if (refusal === "") app.status.say(`It happens now: ${words}`);
    else app.notes.show(refusal);
  };
  return withDialogs(app.notes, ({ openInject }) =>
    openInject({ possible: (typed) => app.show.possible(typed), letHappen }),
  );
}

export function whatIf(app: App): Promise<void> {
  const compare = (change: string): Promise<string> =>
    new Promise((resolve) => {
      app.notes.clear();
      const stop = app.show.on("problems", (problems) => {
        stop();
        const refused = problems.filter(({ option }) => option === "compare");
        resolve(refused.map(describeProblem).join(" "));
      });
      app.show.open(comparedQuery(app.show.moment, change));
    });
  return withDialogs(app.notes, ({ openWhatIf }) =>
    openWhatIf({ weighing: () => app.show.weighing(), compare, say: (sentence) => app.status.say(sentence) }),
  );
}

/** What asks for the run on show from this moment on, with another run beside it; without one where no change is given. */
export function comparedQuery(moment: Moment, change: string): string {
  return fromHere(moment, (query) => {
    query.delete("compare");
    if (change !== "") query.set("compare", change);
  });
}

function nextTheme(app: App): void {
  const next = THEME_NAMES[(THEME_NAMES.indexOf(app.theme) + 1) % THEME_NAMES.length] ?? "auto";
  app.display({ ...app.settings, theme: next });
  const title = next === "auto" ? "as the system" : THEMES[next].title;
  app.status.say(`Theme: ${title}${areColoursForced() ? " (the system's own colours win)" : ""}`);
}

function share(app: App): Promise<void> {
  return withDialogs(app.notes, ({ openShare }) =>
    openShare({
      ...app.show.moment,
      say: (sentence) => app.status.say(sentence),
    }),
  );
}

function settings(app: App): Promise<void> {
  return withDialogs(app.notes, ({ openSettings }) =>
    openSettings({
      query: app.show.query,
      canRun: app.show.hasEngine,
      settings: app.settings,
      display: (chosen) => app.display(chosen),
      open: (query) => {
        app.notes.clear();
        app.show.open(query);
      },
    }),
  );
}

export async function copy(app: App): Promise<void> {
  const copied = await copyText(app.terminal.selectionOrAll(app.show.state.live_rows));
  app.status.say(copied ? "Text copied" : "The browser does not allow copying here");
}

/** Whole lines, as a file has them; where there is no engine to tell them, those of the terminal. */
async function downloadText(app: App): Promise<void> {
  const log = await app.show.log();
  saveFile("pysim.log", "text/plain", log === "" ? app.terminal.text(app.show.state.live_rows) : log);
  app.status.say("Saved as pysim.log");
}

function searchTargets({ terminal, main, show }: App): SearchTargets {
  return { xterm: terminal.xterm, place: main, liveRows: () => show.state.live_rows };
}

async function downloadCast(app: App): Promise<void> {
  app.status.say("Writing the asciicast");
  const text = await app.show.asciicast();
  if (text === "") {
    app.status.say("There is nothing to save");
    return;
  }
  saveFile("pysim.show.cast", "application/x-asciicast", text);
  app.status.say("Saved as pysim.show.cast");
}
