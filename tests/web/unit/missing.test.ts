/** Why a boot hangs: a file that the host lacks, or one of another version. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { missingFile } from "../../../web/src/engine/missing";

const BASE = "https://runs.example.org/";
const PATIENCE_MILLISECONDS = 5_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** What is said once the patience is over; empty if nothing is. */
async function said(status: number, decodedBodySize: number | null, isOurs = false): Promise<string> {
  vi.stubGlobal("fetch", async () => new Response(null, { status }));
  const entries = decodedBodySize === null ? [] : [{ decodedBodySize }];
  vi.spyOn(performance, "getEntriesByName").mockReturnValue(entries as never);
  let message = "";
  missingFile(BASE, () => isOurs).catch((error: Error) => {
    message = error.message;
  });
  await vi.advanceTimersByTimeAsync(PATIENCE_MILLISECONDS);
  return message;
}

it("is nothing where all files are there, as they were built or still on their way", async () => {
  expect(await said(200, 1000)).toBe("");
  expect(await said(200, null)).toBe("");
  expect(await said(200, 0)).toBe(""); // the browser does not tell
});

it("is a file that the host does not have", async () => {
  expect(await said(404, null)).toBe("the host answers 404 for engine/snapshot.bin");
});

it("is a file that is of another version", async () => {
  expect(await said(200, 999)).toBe("the host sends another version of engine/snapshot.bin; load the page anew");
});

it("is nothing where whoever asked for the file is told himself", async () => {
  expect(await said(404, null, true)).toBe("");
  expect(await said(200, 999, true)).toBe(""); // half of it: a line broke off, and it is asked for again
});
