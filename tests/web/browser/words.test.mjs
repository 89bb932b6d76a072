// The run on show in the words of other programs: asked for by the address, by a key, and refused with a note.

import { describe, it } from "node:test";
import { engineReady, textIn, textOf, until } from "./helpers/pages.mjs";
import { visiting } from "./helpers/visiting.mjs";

describe("other programs' words", () => {
  const { visit } = visiting();

  it("are there when the address asks for them, and the key goes on to the next", () =>
    visit("?preset=gpt2-124m&view=megatron&from=step:400&autoplay", async (page) => {
      await engineReady(page);
      await until(async () => /iteration +\d+\/ +\d+ \|/.test(await textOf(page)), "Megatron-LM's words");
      await page.keyboard.press("v");
      await until(
        async () => (await textIn(page, "body")) !== "" && !/consumed samples/.test(await textOf(page)),
        "others",
      );
    }));

  it("are refused with a note where they cannot tell the run, and the view stays", () =>
    visit("?preset=gemma-7b&view=megatron", async (page) => {
      await engineReady(page);
      await until(async () => /cannot tell this run/.test(await textIn(page, "#notes")), "a note");
    }));
});
