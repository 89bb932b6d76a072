// @vitest-environment jsdom
// Keys that are pressed while a dialog is on its way.

import { beforeEach, describe, expect, it } from "vitest";
import { holdKeys } from "../../../web/src/dialogs/typed";

function press(key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  (document.activeElement ?? document.body).dispatchEvent(event);
  return event;
}

/** A search line with the focus, and all that it is told. */
function openField(): { field: HTMLInputElement; told: string[] } {
  document.body.innerHTML = '<form><input type="search" value=""></form>';
  const field = document.querySelector("input") as HTMLInputElement;
  const told: string[] = [];
  field.addEventListener("input", () => told.push(field.value));
  field.form?.addEventListener("submit", (event) => {
    event.preventDefault();
    told.push("submitted");
  });
  field.focus();
  return { field, told };
}

describe("keys that are held back", () => {
  const obeyed: string[] = [];
  document.addEventListener("keydown", ({ key, target }) => target === document.body && obeyed.push(key));
  beforeEach(() => {
    document.body.innerHTML = "";
    obeyed.length = 0;
  });

  it("mean nothing to the page, and are typed into what opens", () => {
    const keys = holdKeys();
    for (const key of ["l", "r", "Backspace", "o", "s", " ", "Enter"]) press(key);
    expect(obeyed).toEqual([]);
    const { field, told } = openField();
    keys.handOver();
    expect(field.value).toBe("los ");
    expect(told).toEqual(["l", "lr", "l", "lo", "los", "los ", "submitted"]);
    expect(obeyed).toEqual([]);
  });

  it("are pressed then where nothing takes text", () => {
    const keys = holdKeys();
    press(" ");
    keys.handOver();
    expect(obeyed).toEqual([" "]);
  });

  it("are nobody's where nothing comes", () => {
    const keys = holdKeys();
    press("s");
    keys.drop();
    keys.handOver();
    press(" ");
    expect(obeyed).toEqual([" "]);
  });

  it("are not the dialog's own, still down, nor any of the browser's", () => {
    const keys = holdKeys();
    expect(press("/", { repeat: true }).defaultPrevented).toBe(true);
    expect(press("c", { ctrlKey: true }).defaultPrevented).toBe(false);
    const { field } = openField();
    keys.handOver();
    expect(field.value).toBe("");
  });

  it("are the page's again after Escape", () => {
    const keys = holdKeys();
    for (const key of ["l", "Escape", " "]) press(key);
    expect(obeyed).toEqual([" "]);
    const { field } = openField();
    keys.handOver();
    expect(field.value).toBe("");
  });

  it("are not written where what has the focus has a use of its own for them", () => {
    const keys = holdKeys();
    press("ArrowDown");
    press("x");
    const { field } = openField();
    const used: string[] = [];
    field.addEventListener("keydown", (event) => {
      used.push(event.key);
      event.preventDefault();
    });
    keys.handOver();
    expect(used).toEqual(["ArrowDown", "x"]);
    expect(field.value).toBe("");
  });
});
