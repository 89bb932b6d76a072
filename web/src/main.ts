/** The full page. */

import { App } from "./app";
import { Bar } from "./controls/bar";
import { listenToKeys } from "./controls/keys";
import type { Opening } from "./opening";
import { keepOffline } from "./page/offline";
import { pageActions } from "./page-actions";

export async function startPage(opening: Opening): Promise<void> {
  const app = await App.make(opening, false);
  const { actions, keys } = pageActions(app);
  new Bar(app.show, actions);
  listenToKeys({ show: app.show, actions: keys, enabled: () => app.settings.shortcuts });
  app.show.on("state", ({ title }) => {
    const wanted = title === "" ? "pysim: a training run" : `${title} · pysim`;
    if (document.title !== wanted) document.title = wanted;
  });
  keepOffline(app.show);
  app.begin();
}
