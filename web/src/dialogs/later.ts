/** The way to the dialogs, which are no part of what a page needs at first. */

import type { Notes } from "../page/notes";

export async function withDialogs(
  notes: Notes,
  open: (dialogs: typeof import("./index")) => void | Promise<void>,
): Promise<void> {
  const dialogs = await import("./index").catch(() => null); // the network is gone, or the site has a newer version
  if (dialogs === null) notes.show("This part of the page could not be loaded. Loading the page anew may help.");
  else await open(dialogs);
}
