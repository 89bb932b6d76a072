/** A button of the bar and the menu that it opens above itself: arrows walk through it and Tab leaves, as in any menu. */

import { element } from "../page/dom";

/** Between the button and its menu, in px. */
const GAP = 6;
const EDGE = 8;

export interface MenuParts {
  opener: HTMLButtonElement;
  menu: HTMLElement;
}

/** @param items its buttons, in order */
export function popUp(opener: HTMLButtonElement, menu: HTMLElement): MenuParts {
  opener.setAttribute("aria-expanded", "false");
  opener.setAttribute("aria-haspopup", "menu");
  opener.setAttribute("aria-controls", menu.id);
  opener.setAttribute("popovertarget", menu.id);
  menu.addEventListener("beforetoggle", (event) => {
    if (event.newState === "open") putAbove(opener, menu);
  });
  menu.addEventListener("toggle", (event) => {
    const isOpen = event.newState === "open";
    opener.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) (menu.querySelector<HTMLElement>('[aria-checked="true"]') ?? itemsOf(menu)[0])?.focus();
  });
  menu.addEventListener("click", () => menu.hidePopover());
  menu.addEventListener("keydown", (event) => walk(menu, event));
  return { opener, menu };
}

/** A menu of one choice out of several. */
export function choices<Value>(id: string, label: string, values: Value[], text: (value: Value) => string) {
  const items = values.map((value) =>
    element("button", { type: "button", role: "menuitemradio", "aria-checked": "false", tabindex: -1 }, text(value)),
  );
  const menu = element(
    "div",
    { id, class: `menu ${id}`, popover: "auto", role: "menu", "aria-label": label },
    ...items,
  );
  return { menu, items };
}

function putAbove(opener: HTMLElement, menu: HTMLElement): void {
  const { right, top } = opener.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  menu.style.right = `${Math.max(EDGE, clientWidth - right)}px`;
  menu.style.bottom = `${clientHeight - top + GAP}px`;
}

function itemsOf(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>("button, a")];
}

function walk(menu: HTMLElement, event: KeyboardEvent): void {
  const items = itemsOf(menu);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
  if (event.key === "Tab") menu.hidePopover();
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}
