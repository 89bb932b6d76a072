/** The full page. */

import { App } from "./app";
import { readChartsWherePointed } from "./charts";
import { Bar } from "./controls/bar";
import { listenToKeys } from "./controls/keys";
import { Timeline } from "./controls/timeline";
import { explainWherePointed } from "./explaining";
import type { Opening } from "./opening";
import { homePath } from "./page/asked";
import { byId, element } from "./page/dom";
import { keepOffline } from "./page/offline";
import { keepOpeningLine } from "./page/opening-line";
import { withShow } from "./page/query";
import { pageActions } from "./page-actions";

/** The address always names what is shown, so that a reload or a copied address shows the same. */
function rememberQuery(query: string): void {
  const search = withShow(location.search, query);
  history.replaceState(null, "", search === "" ? homePath() : `${homePath()}?${search}`);
}

export async function startPage(opening: Opening): Promise<void> {
  const app = await App.make(opening, false);
  const { actions, keys } = pageActions(app);
  listenToKeys({ show: app.show, actions: keys, enabled: () => app.settings.shortcuts });
  app.show.on("state", ({ title }) => {
    const wanted = title === "" ? "pysim: a training run" : `${title} · pysim`;
    if (document.title !== wanted) document.title = wanted;
  });
  app.show.on("query", rememberQuery);
  explainWherePointed(app);
  readChartsWherePointed(app);
  keepOpeningLine(app.show, byId("opening"));
  keepOffline(app.show);
  await opening.painted;
  app.begin();
  await app.drawn;
  document.head.append(element("link", { rel: "manifest", href: "./manifest.webmanifest" })); // for whoever installs the page
  new Timeline(byId("timeline"), app.show);
  new Bar(byId("bar"), app.show, actions);
}
