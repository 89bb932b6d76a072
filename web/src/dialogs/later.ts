/** The way to the dialogs, which are no part of what a page needs at first. */

import type { Notes } from "../page/notes";
import { holdKeys } from "./typed";

let isOpening = false;

/** Opens one of them, unless one is on its way. */
export async function withDialogs(
  notes: Notes,
  open: (dialogs: typeof import("./index")) => void | Promise<void>,
): Promise<void> {
  if (isOpening) return;
  isOpening = true;
  const keys = holdKeys();
  try {
    const opened = open(await import("./index"));
    keys.handOver(); // what it still asks the engine may take long
    await opened;
  } catch (error) {
    // The network is gone, or the site has a newer version.
    notes.show("This part of the page could not be loaded. Loading the page anew may help.");
    reportError(error);
  } finally {
    keys.drop(); // meant for what did not come
    isOpening = false;
  }
}
