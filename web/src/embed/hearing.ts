/** The embedded page listens before it can do anything: a page around may speak as soon as the frame has loaded. */

/**
 * Hears what the page around says from the first moment on, before there is anything that could understand it.
 * @returns passes it on, what was said until then first
 */
export function listenToParent(): (understand: (said: unknown) => void) => void {
  const early: unknown[] = [];
  let hear = (said: unknown): void => void early.push(said);
  addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.source === parent && parent !== window) hear(event.data);
  });
  return (understand) => {
    hear = understand;
    for (const said of early.splice(0)) understand(said);
  };
}
