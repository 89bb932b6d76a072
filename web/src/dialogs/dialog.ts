/** A modal dialog with a heading and a close button. */

import { element } from "../page/dom";

export interface OpenDialog {
  dialog: HTMLDialogElement;
  close: () => void;
}

export function openDialog(title: string, id: string, ...content: (Node | string)[]): OpenDialog {
  const heading = element("h2", { id: `${id}-title` }, title);
  const close = element("button", { type: "button", class: "dialog-close", "aria-label": "Close" }, "×");
  const head = element("header", {}, heading, close);
  const body = element("div", { class: "dialog-body" }, ...content);
  const dialog = element("dialog", { id, "aria-labelledby": heading.id }, head, body);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, close: () => dialog.close() };
}
