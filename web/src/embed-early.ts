/** The embeddable page's first script: the first frame is drawn before the terminal's code is here. */

import { dress } from "./embed/dress";
import { listenToParent } from "./embed/hearing";
import { openPage } from "./opening";

const heard = listenToParent();
const opening = await openPage(location.search, dress);
const { startEmbed } = await import("./embed-page");
await startEmbed(opening, heard);
