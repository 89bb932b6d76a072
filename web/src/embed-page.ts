/** The embeddable page: the same app without chrome. Its bar shows on hover, focus or touch, and while paused. */

import { App } from "./app";
import { readChartsWherePointed } from "./charts";
import type { Action } from "./controls/actions";
import { Bar } from "./controls/bar";
import { listenToKeys } from "./controls/keys";
import { Timeline } from "./controls/timeline";
import { withDialogs } from "./dialogs/later";
import { dress } from "./embed/dress";
import type { listenToParent } from "./embed/hearing";
import { talkToParent } from "./embed/talk";
import { explainAction, explainWherePointed } from "./explaining";
import type { Opening } from "./opening";
import { byId } from "./page/dom";
import { wantsStillness } from "./page/motion";
import { keepOffline } from "./page/offline";
import { type PageOptions, parseQuery, stillSeconds, wantedParts } from "./page/query";
import { copy, inject } from "./page-actions";
import type { Show } from "./show/show";
import { PLACES, timeActions } from "./time-actions";

const TOUCH_SHOWS_SECONDS = 4;

export async function startEmbed(opening: Opening, heard: ReturnType<typeof listenToParent>): Promise<void> {
  const { page, show } = opening.parsed;
  const bar = new EmbedBar(page.controls, show);
  const app = await App.make(opening, true);
  const actions = embedActions(app);
  const keys = actions.flatMap(({ key, run }): [string, () => void][] => (key === undefined ? [] : [[key, run]]));
  listenToKeys({ show: app.show, actions: Object.fromEntries(keys), enabled: () => app.settings.shortcuts });
  explainWherePointed(app);
  readChartsWherePointed(app);
  keepOffline(app.show);
  nameRun(app);
  const tellNotes = noteTeller(app);
  tellNotes(opening.parsed.page.notes);
  await opening.painted;
  app.begin();
  talkToParent(app.show, heard, optionSetter(app, bar, tellNotes)); // what is said to a show that has not begun would be undone by its beginning
  await app.drawn;
  bar.fill(app.show, actions);
}

/** The page around has other options: those of the page change at once, any other opens another run. */
function optionSetter(app: App, bar: EmbedBar, tellNotes: (words: string) => void): (query: string) => void {
  let before = app.opening.parsed;
  return (query) => {
    const parsed = parseQuery(query);
    const { page, show, problems } = parsed;
    app.notes.clear();
    app.notes.problems(problems);
    app.loop(page.loop);
    app.setTheme(page.theme ?? app.settings.theme);
    app.terminal.setFontSize(page.fontsize ?? app.settings.fontSize);
    dress(parsed);
    bar.show(page.controls, parsed.show);
    if (page.notes !== before.page.notes) tellNotes(page.notes);
    const isOther = show.toString() !== before.show.toString();
    if (isOther || page.poster !== before.page.poster) app.show.replace(show.toString(), stillSeconds(parsed), isOther);
    if (page.loading !== before.page.loading) app.load(page.loading);
    if (page.autoplay && !before.page.autoplay && app.show.isHeld && !wantsStillness()) app.show.play();
    before = parsed;
  };
}

/** Below the run stands what it is, unless the page around has words of its own, and a way to its own page. */
function nameRun(app: App): void {
  const name = (): void => {
    const words = byId("caption");
    const { title } = app.show.state;
    if (words.classList.contains("named") && words.textContent !== title) words.textContent = title;
    const wanted = words.textContent || title;
    if (wanted !== "" && document.title !== wanted) document.title = wanted;
  };
  app.show.on("state", name);
  const link = (): void => byId("credit").setAttribute("href", ownPage(app));
  app.show.on("query", link);
  link();
}

/** What the author says at places; the code for it comes with the first of them. */
function noteTeller(app: App): (words: string) => void {
  let notes: Promise<{ tell(words: string): void }> | null = null;
  return (words) => {
    if (words === "" && notes === null) return;
    notes ??= import("./embed/notes").then(({ SpokenNotes }) => new SpokenNotes(app.show, app.notes));
    void notes.then((spoken) => spoken.tell(words));
  };
}

/** The timeline and the bar, which an embed can do without. */
class EmbedBar {
  readonly #timeline = byId("timeline");
  readonly #bar = byId("bar");
  readonly #legend = byId("legend");

  constructor(controls: PageOptions["controls"], show: URLSearchParams) {
    this.show(controls, show);
  }

  fill(show: Show, actions: Action[]): void {
    new Timeline(this.#timeline, show);
    new Bar(this.#bar, show, actions);
    const { classList } = document.documentElement;
    let timer: ReturnType<typeof setTimeout> | undefined;
    document.addEventListener("touchstart", () => {
      classList.add("touched");
      clearTimeout(timer);
      timer = setTimeout(() => classList.remove("touched"), TOUCH_SHOWS_SECONDS * 1000);
    });
    document.addEventListener("pointerdown", () => classList.add("entered"), { capture: true });
    document.documentElement.addEventListener("mouseleave", () => classList.remove("entered"));
  }

  /** A timeline that is asked for by its name stays, whatever becomes of the bar. */
  show(controls: PageOptions["controls"], asked: URLSearchParams): void {
    const isNamed = asked.has("show") && wantedParts(asked).has("timeline");
    const parts = [this.#timeline, this.#bar];
    for (const part of parts) {
      part.classList.toggle("quiet", controls === "auto");
      if (controls !== "false" || (isNamed && part === this.#timeline)) this.#legend.before(part);
      else part.remove();
    }
  }
}

function embedActions(app: App): Action[] {
  const { show } = app;
  const all: Action[] = [
    { id: "restart", label: "Start again", icon: "restart", key: "r", inBar: true, run: () => show.move("restart") },
    {
      id: "fullscreen",
      label: "Full screen",
      icon: "fullscreen",
      key: "f",
      inBar: true,
      run: () => app.stage.toggle(),
    },
    { id: "inject", label: "Let something go wrong", icon: "bolt", key: "x", inBar: false, run: () => inject(app) },
    explainAction(app),
    ...timeActions(app),
    { id: "copy", label: "Copy the text", icon: "copy", key: "c", inBar: false, run: () => copy(app) },
    { id: "page", label: "Open on its own page", icon: "share", inBar: false, run: () => openOnItsOwn(app) },
    {
      id: "help",
      label: "Help",
      icon: "help",
      key: "?",
      inBar: false,
      run: () => withDialogs(app.notes, ({ openHelp }) => openHelp(all)),
    },
  ];
  return show.hasEngine ? all : all.filter(({ id }) => !["inject", "explain", ...PLACES].includes(id));
}

function openOnItsOwn(app: App): void {
  open(ownPage(app), "_blank", "noopener");
}

function ownPage(app: App): string {
  const url = new URL("./", document.baseURI);
  url.search = app.show.query;
  return url.href;
}
