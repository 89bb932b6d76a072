/** The engine in a module worker. */

import { Host } from "./host";
import type { FromEngine, ToEngine } from "./protocol";

interface WorkerScope {
  postMessage(message: FromEngine): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToEngine>) => void): void;
}

const scope = self as unknown as WorkerScope;
const host = new Host((message) => scope.postMessage(message));
scope.addEventListener("message", (event) => host.receive(event.data));
