// @vitest-environment jsdom
// One live region: what happens by itself is only read, the answer to what the visitor did is seen for a moment, too.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openDialog } from "../../../web/src/dialogs/dialog";
import { Status } from "../../../web/src/page/status";

HTMLDialogElement.prototype.showModal = function show() {
  this.open = true;
};
HTMLDialogElement.prototype.close = function close() {
  this.open = false;
  this.dispatchEvent(new Event("close"));
};

let line: HTMLElement;
let status: Status;
const isSeen = () => line.classList.contains("toast") && !line.classList.contains("unseen");

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = '<main><p id="status" class="unseen" role="status" aria-live="polite"></p></main>';
  line = document.querySelector("#status") as HTMLElement;
  status = new Status(line);
});
afterEach(() => vi.useRealTimers());

describe("the status line", () => {
  it("is read and not seen for what happens by itself, and not too often", () => {
    status.update("Training, step 1", 0);
    expect([line.textContent, isSeen()]).toEqual(["Training, step 1", false]);
    status.update("Training, step 2", 9_000);
    expect(line.textContent).toBe("Training, step 1");
    status.update("Training, step 3", 10_000);
    expect(line.textContent).toBe("Training, step 3");
  });

  it("is seen for a moment as an answer, which nothing overwrites meanwhile", () => {
    status.say("Text copied", 0);
    expect(isSeen()).toBe(true);
    status.update("Training, step 2", 3_000);
    expect(line.textContent).toBe("Text copied");
    vi.advanceTimersByTime(4_000);
    expect([line.textContent, isSeen()]).toEqual(["Text copied", false]);
  });

  it("starts the moment anew with the next answer, and says the same words anew", () => {
    status.say("Text copied", 0);
    const before = line.firstChild;
    vi.advanceTimersByTime(3_000);
    status.say("Text copied", 3_000);
    expect(line.firstChild).not.toBe(before);
    vi.advanceTimersByTime(3_000);
    expect(isSeen()).toBe(true);
  });

  it("is in a dialog while that is open, since all else is shut away, and back afterwards", () => {
    const { dialog, close } = openDialog("Share", "share", "text");
    expect(dialog.contains(line)).toBe(true);
    close();
    expect(line.parentElement?.localName).toBe("main");
    expect(document.querySelectorAll("[aria-live]").length).toBe(1);
  });
});

describe("the focus in a dialog", () => {
  it("begins at its heading, and not at what closes it", () => {
    const { dialog } = openDialog("Help", "help", "text");
    expect(dialog.querySelector("[autofocus]")?.localName).toBe("h2");
  });

  it("begins where the content wants it", () => {
    const field = Object.assign(document.createElement("input"), { autofocus: true });
    field.setAttribute("autofocus", "");
    const { dialog } = openDialog("Share", "share", field);
    expect([...dialog.querySelectorAll("[autofocus]")]).toEqual([field]);
  });
});
