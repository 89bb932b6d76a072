/** A modal dialog with a heading and a close button. The focus begins where the content wants it, else before all of it. */

import { element } from "../page/dom";

export interface OpenDialog {
  dialog: HTMLDialogElement;
  close: () => void;
}

export function openDialog(title: string, id: string, ...content: (Node | string)[]): OpenDialog {
  const body = element("div", { class: "dialog-body" }, ...content);
  const autofocus = body.querySelector("[autofocus]") === null;
  const heading = element("h2", { id: `${id}-title`, tabindex: -1, autofocus }, title);
  const close = element("button", { type: "button", class: "dialog-close", "aria-label": "Close" }, "×");
  const head = element("header", {}, heading, close);
  const dialog = element("dialog", { id, "aria-labelledby": heading.id }, head, body);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  dialog.dispatchEvent(new Event("dialog", { bubbles: true }));
  return { dialog, close: () => dialog.close() };
}
