/** The embeddable page: the same app without chrome. Its bar shows on hover, focus or touch, and while paused. */

import { App } from "./app";
import type { Action } from "./controls/actions";
import { Bar } from "./controls/bar";
import { listenToKeys } from "./controls/keys";
import { withDialogs } from "./dialogs/later";
import { talkToParent } from "./embed/talk";
import type { Opening } from "./opening";
import { byId } from "./page/dom";
import { keepOffline } from "./page/offline";
import { toggleFullScreen } from "./page-actions";

const TOUCH_SHOWS_SECONDS = 4;

export async function startEmbed(opening: Opening): Promise<void> {
  const { controls } = opening.parsed.page;
  if (controls === "false") byId("bar").remove();
  const app = await App.make(opening, true);
  const actions = embedActions(app);
  if (controls !== "false") addBar(app, actions, controls === "auto");
  const keys = actions.flatMap(({ key, run }): [string, () => void][] => (key === undefined ? [] : [[key, run]]));
  listenToKeys({ show: app.show, actions: Object.fromEntries(keys), enabled: () => app.settings.shortcuts });
  talkToParent(app.show);
  keepOffline(app.show);
  app.begin();
}

function addBar(app: App, actions: Action[], quiet: boolean): void {
  const bar = new Bar(app.show, actions);
  bar.element.classList.toggle("quiet", quiet);
  const { classList } = document.documentElement;
  let timer: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener("touchstart", () => {
    classList.add("touched");
    clearTimeout(timer);
    timer = setTimeout(() => classList.remove("touched"), TOUCH_SHOWS_SECONDS * 1000);
  });
}

function embedActions(app: App): Action[] {
  const { show } = app;
  const all: Action[] = [
    { id: "restart", label: "Start again", icon: "restart", key: "r", inBar: true, run: () => show.move("restart") },
    { id: "fullscreen", label: "Full screen", icon: "fullscreen", key: "f", inBar: true, run: toggleFullScreen },
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
  return all;
}

function openOnItsOwn(app: App): void {
  const url = new URL("./", document.baseURI);
  url.search = app.show.query;
  open(url.href, "_blank", "noopener");
}
