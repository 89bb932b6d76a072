/** What is typed while a dialog is on its way: whoever knows its key types on at once, and means the dialog. */

const TAKES_TEXT = "input:is([type=text], [type=search], :not([type])):not([readonly])";

/**
 * Holds keys back until they are handed over to what has the focus, or dropped since nothing came. Escape is for who does not
 * want to wait: the keys are the page's again.
 */
export function holdKeys(): { handOver: () => void; drop: () => void } {
  const held: KeyboardEvent[] = [];
  const drop = (): void => {
    removeEventListener("keydown", hold, { capture: true });
    held.length = 0;
  };
  const hold = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.key === "Escape") drop();
    else if (!event.repeat) held.push(event); // the dialog's own key may still be down
  };
  addEventListener("keydown", hold, { capture: true });
  const handOver = (): void => {
    const keys = [...held];
    drop();
    for (const { key, shiftKey } of keys) press(key, shiftKey);
  };
  return { handOver, drop };
}

/** As a browser does for a key; of text only what is typed at its end. */
function press(key: string, shiftKey: boolean): void {
  const target = document.activeElement ?? document.body;
  const event = new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, cancelable: true });
  if (!target.dispatchEvent(event) || !target.matches(TAKES_TEXT)) return;
  const field = target as HTMLInputElement;
  if (key === "Enter") field.form?.requestSubmit();
  else if (key === "Backspace") write(field, field.value.slice(0, -1));
  else if (key.length === 1) write(field, field.value + key);
}

function write(field: HTMLInputElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
