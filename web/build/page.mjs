// The pages and their code, with what the build was told of the site in them (`virtual:site`).

import { build } from "vite";
import { addresses } from "./addresses.mjs";
import { VITE_CONFIG } from "./paths.mjs";
import { program } from "./script.mjs";
import { builtPresets } from "./sharing.mjs";

const NAME = "virtual:site";

/** A preset has a page of its own where others can be told of it. */
function facts() {
  const { site, ...links } = addresses();
  const pages = site === undefined ? [] : builtPresets().map(({ name }) => name);
  return { ...links, pages };
}

/** @returns {import("vite").Plugin} */
const siteFacts = () => ({
  name: "pysim-site",
  resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
  load: (id) => (id === `\0${NAME}` ? `export default ${JSON.stringify(facts())}` : undefined),
});

export const buildPage = () => build({ configFile: VITE_CONFIG, logLevel: "warn", plugins: [siteFacts()] });

await program(import.meta, buildPage);
