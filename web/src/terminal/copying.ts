/**
 * Ctrl+C, or Cmd+C, copies what is selected in the terminal, whatever has the focus. xterm.js does it only where its text
 * area has it, and that is off.
 */
export function copySelection(selection: () => string): void {
  document.addEventListener("copy", (event) => {
    if (event.defaultPrevented || isElsewhere(event.target)) return;
    const text = selection();
    if (text === "") return;
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
  });
}

/** A field with the focus and text selected around the terminal are copied by the browser. */
function isElsewhere(target: EventTarget | null): boolean {
  if (target instanceof Element && target.matches("input, textarea")) return true;
  return document.getSelection()?.isCollapsed === false;
}
