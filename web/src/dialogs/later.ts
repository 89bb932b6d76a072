/** The way to the dialogs, which are no part of what a page needs at first. */

import type { Notes } from "../page/notes";

let isOpening = false;

/** Opens one of them, unless one is on its way. */
export async function withDialogs(
  notes: Notes,
  open: (dialogs: typeof import("./index")) => void | Promise<void>,
): Promise<void> {
  if (isOpening) return;
  isOpening = true;
  try {
    await open(await import("./index"));
  } catch (error) {
    // The network is gone, or the site has a newer version.
    notes.show("This part of the page could not be loaded. Loading the page anew may help.");
    reportError(error);
  } finally {
    isOpening = false;
  }
}
