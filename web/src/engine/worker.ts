/** The engine in a module worker. It boots before anybody asks: the page's thread is busy with its first paint then. */

import { Host } from "./host";
import { type FromEngine, readToEngine } from "./protocol";

interface WorkerScope {
  postMessage(message: FromEngine): void;
  addEventListener(type: "message", listener: (event: MessageEvent<unknown>) => void): void;
}

const scope = self as unknown as WorkerScope;
const host = new Host((message) => scope.postMessage(message));
void host.boot(new URL("../", import.meta.url).href); // the build puts scripts into assets/
scope.addEventListener("message", (event) => host.receive(readToEngine(event.data)));
