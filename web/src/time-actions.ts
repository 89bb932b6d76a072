/** The actions of the time machine, for both pages: places in the run, and the timeline itself. */

import type { App } from "./app";
import type { Action } from "./controls/actions";
import { withDialogs } from "./dialogs/later";

/** Those that need the engine. */
export const PLACES = ["incident", "incident-before", "goto"] as const;

export function timeActions(app: App): Action[] {
  return [
    { id: "incident", label: "Next incident", icon: "next", key: "n", inBar: false, run: () => incident(app, 1) },
    {
      id: "incident-before",
      label: "Previous incident",
      icon: "previous",
      key: "N",
      inBar: false,
      run: () => incident(app, -1),
    },
    { id: "goto", label: "Go to a step or a time", icon: "goto", key: "g", inBar: false, run: () => goTo(app) },
    { id: "timeline", label: "Hide or show the timeline", icon: "curve", key: "t", inBar: false, run: toggleTimeline },
  ];
}

async function incident(app: App, direction: 1 | -1): Promise<void> {
  const refusal = await app.show.incident(direction);
  if (refusal !== "") app.status.say(refusal);
}

function goTo(app: App): Promise<void> {
  return withDialogs(app.notes, ({ openGoTo }) => openGoTo(app.over, (typed) => app.show.goTo(typed)));
}

function toggleTimeline(): void {
  const timeline = document.getElementById("timeline");
  if (timeline !== null) timeline.hidden = !timeline.hidden;
}
