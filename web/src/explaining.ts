/** The way to explanations, for both pages: a click or a tap on the terminal, and a key for the newest line. What they open loads when it is wanted. */

import type { App } from "./app";
import type { Action } from "./controls/actions";
import { withDialogs } from "./dialogs/later";
import { type Cell, listenToPointing } from "./terminal/pointing";

export function explainAction(app: App): Action {
  return {
    id: "explain",
    label: "Explain the newest line",
    icon: "help",
    key: "e",
    inBar: false,
    run: () => explain(app, null),
  };
}

export function explainWherePointed(app: App): void {
  const { terminal, show } = app;
  listenToPointing({
    element: terminal.element,
    xterm: terminal.xterm,
    pointed: (cell) => {
      if (show.hasEngine && !show.isHeld) void explain(app, cell);
    },
  });
}

function explain({ terminal, show, notes }: App, cell: Cell | null): Promise<void> {
  return withDialogs(notes, ({ openExplanation }) => {
    void openExplanation({ terminal, show }, cell); // it may wait for the engine
  });
}
