// @vitest-environment jsdom
// What if: changes to choose from, a field for any other, what came of one, and what asks for it.

import { beforeEach, describe, expect, it, vi } from "vitest";
import { openWhatIf } from "../../../web/src/dialogs/what-if";
import type { Weighing } from "../../../web/src/generated/protocol";
import { fromHere } from "../../../web/src/page/from-here";

const NOTHING: Weighing = {
  suggestions: [{ change: "spares=0", title: "no spare nodes" }],
  runs: [{ letter: "A", change: "", with_it: [] }],
  blocks: [],
};
const COMPARED: Weighing = {
  ...NOTHING,
  runs: [...NOTHING.runs, { letter: "B", change: "spares=0", with_it: ["micro batch 1 (was 2)"] }],
  blocks: [
    {
      title: "at the end",
      heads: ["A", "B", "B - A"],
      rows: [{ name: "goodput", cells: ["90.0 %", "80.0 %", "-10.0 pt"] }],
    },
  ],
};

const field = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(`#what-if ${selector}`);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};

async function opened(refusal = "") {
  let compared = false;
  const targets = {
    weighing: async () => (compared ? COMPARED : NOTHING),
    compare: vi.fn(async (change: string) => {
      compared = refusal === "" && change !== "";
      return refusal;
    }),
    say: vi.fn(),
  };
  await openWhatIf(targets);
  return targets;
}

beforeEach(() => {
  document.body.replaceChildren();
  HTMLDialogElement.prototype.showModal ??= vi.fn();
  Element.prototype.scrollIntoView ??= vi.fn();
});

describe("the dialog", () => {
  it("offers changes, and shows what came of the one that is chosen", async () => {
    const targets = await opened();
    expect(document.querySelector("#what-if table")).toBeNull();
    field('[data-change="spares=0"]').click();
    await vi.waitFor(() => expect(document.querySelector("#what-if table")).not.toBeNull());
    expect(targets.compare).toHaveBeenCalledWith("spares=0");
    expect(targets.say).toHaveBeenCalledWith("Compared with spares=0");
    expect(field("caption").textContent).toBe("at the end");
    expect([...document.querySelectorAll("#what-if tbody td")].map((cell) => cell.textContent)).toEqual([
      "90.0 %",
      "80.0 %",
      "-10.0 pt",
    ]);
    expect(field("dl").textContent).toContain("spares=0, and with it micro batch 1 (was 2)");
  });

  it("takes any other change, and says why one cannot be", async () => {
    const targets = await opened("compare: “gpus=8” makes another run");
    (field("#what-if-change") as HTMLInputElement).value = " gpus=8 ";
    (field("form") as HTMLFormElement).requestSubmit();
    await vi.waitFor(() => expect(field(".refusal").textContent).toContain("makes another run"));
    expect(targets.compare).toHaveBeenCalledWith("gpus=8");
    expect(targets.say).not.toHaveBeenCalled();
  });

  it("asks for nothing where nothing is typed, and can stop comparing", async () => {
    const targets = await opened();
    (field("form") as HTMLFormElement).requestSubmit();
    expect(targets.compare).not.toHaveBeenCalled();
    field('[data-change="spares=0"]').click();
    await vi.waitFor(() => expect(document.querySelector("#what-if .quiet")).not.toBeNull());
    field(".quiet").click();
    await vi.waitFor(() => expect(document.querySelector("#what-if table")).toBeNull());
    expect(targets.say).toHaveBeenLastCalledWith("Nothing is compared any more");
  });
});

describe("the run from here on", () => {
  it("keeps what asks for it, but for the view and the end, and begins at the moment on show", () => {
    const asked = fromHere(
      { query: "preset=classic&view=dashboard&until=90%25&inject=a%4050%25", runSeconds: 61.5 },
      (query) => query.set("compare", "spares=0"),
    );
    expect(asked).toBe("preset=classic&inject=a%4050%25&from=61.5s&compare=spares%3D0");
    expect(fromHere({ query: "seed=3", runSeconds: 0 }, () => {})).toBe("seed=3");
  });
});
