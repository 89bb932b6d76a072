/** The full page's first script, a few kB: the engine and the recording start loading before the terminal's code is here. */

import { prepareOpening } from "./opening";
import { wantsStillness } from "./page/motion";

const opening = prepareOpening(location.search);
if (opening.canRun && opening.parsed.page.loading !== "click" && !wantsStillness()) opening.engine();
const { startPage } = await import("./main");
await startPage(opening);
