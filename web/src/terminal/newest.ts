/** While somebody has scrolled up: the way back to what is being written. */

import { element } from "../page/dom";
import type { TerminalView } from "./terminal";

export class NewestButton {
  readonly element = element(
    "button",
    { type: "button", class: "newest", title: "Newest (End)", hidden: true },
    "↓ newest",
  );

  constructor(terminal: TerminalView) {
    terminal.onNewest((showsNewest) => {
      this.element.hidden = showsNewest;
    });
    this.element.addEventListener("click", () => terminal.showNewest());
  }
}
