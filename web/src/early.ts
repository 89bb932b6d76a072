/**
 * Both pages' first script, a few kB with all that it imports: the first frame is drawn before the terminal's code is here.
 * It is one file, so that nothing stands in line behind it. What comes next imports from that file and waits for its end, so
 * it must not wait for that in turn.
 */

import { dress } from "./embed/dress";
import { listenToParent } from "./embed/hearing";
import { openPage } from "./opening";
import { askedQuery } from "./page/asked";

/** WebKit runs a module before the styles above it are there, and what is measured then has another size. */
async function styled(): Promise<void> {
  for (const link of document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]"))
    if (!link.sheet && document.readyState !== "complete")
      await new Promise((resolve) => {
        link.addEventListener("load", resolve);
        addEventListener("load", resolve); // also where there is no style to be had
      });
}

async function begin(): Promise<void> {
  await styled();
  const opening = openPage(askedQuery(location.search));
  const { startPage } = await import("./main");
  await startPage(opening);
}

async function beginEmbed(): Promise<void> {
  const heard = listenToParent();
  await styled();
  const opening = openPage(location.search, dress);
  const { startEmbed } = await import("./embed-page");
  await startEmbed(opening, heard);
}

void (document.documentElement.classList.contains("embedded") ? beginEmbed() : begin());
