/** The full page's first script, a few kB: the first frame is drawn before the terminal's code is here. */

import { openPage } from "./opening";
import { askedQuery } from "./page/asked";

const opening = await openPage(askedQuery(location.search));
const { startPage } = await import("./main");
await startPage(opening);
