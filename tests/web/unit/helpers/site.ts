/** What a build that knows its addresses would have written. */

import type { Site } from "../../../../web/src/page/site";

const site: Site = {
  source: "https://example.org/source",
  docs: "https://example.org/docs",
  pages: ["classic", "llama3-405b"],
};

export default site;
