/** The full page's first script, a few kB: the recording starts loading before the terminal's code is here. */

import { prepareOpening } from "./opening";

const opening = prepareOpening(location.search);
const { startPage } = await import("./main");
await startPage(opening);
