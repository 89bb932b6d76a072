/** The embeddable page's first script: the first frame is drawn before the terminal's code is here. */

import { openPage } from "./opening";

const opening = await openPage(location.search);
const { startEmbed } = await import("./embed-page");
await startEmbed(opening);
