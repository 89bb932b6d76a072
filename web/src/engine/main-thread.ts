/** The engine on the page's own thread, for places where no worker may be made (a sandboxed frame). */

import { siteBase } from "../page/site";
import { Host } from "./host";
import type { FromEngine, ToEngine } from "./protocol";

const SLICE_MILLISECONDS = 8;

/** Messages go through a task each, as they would between threads. */
export function startOnMainThread(listener: (message: FromEngine) => void): (message: ToEngine) => void {
  const host = new Host((message) => queueMicrotask(() => listener(message)), SLICE_MILLISECONDS);
  void host.boot(siteBase());
  return (message) => void setTimeout(() => host.receive(message), 0);
}
