/** The embedded page listens before it can do anything: a page around may speak as soon as the frame has loaded. */

import { readToRun, type ToRun } from "./messages";

/**
 * Hears what the page around says from the first moment on, before there is anything to obey.
 * @returns passes it on, what was said until then first
 */
export function listenToParent(): (obey: (message: ToRun) => void) => void {
  const early: ToRun[] = [];
  let hear = (message: ToRun): void => void early.push(message);
  addEventListener("message", (event: MessageEvent<unknown>) => {
    const message = event.source === parent && parent !== window ? readToRun(event.data) : null;
    if (message !== null) hear(message);
  });
  return (obey) => {
    hear = obey;
    for (const message of early.splice(0)) obey(message);
  };
}
