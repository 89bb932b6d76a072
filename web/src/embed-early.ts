/** The embeddable page's first script: the recording loads beside the terminal's code. */

import { prepareOpening } from "./opening";

const opening = prepareOpening(location.search);
const { startEmbed } = await import("./embed-page");
await startEmbed(opening);
