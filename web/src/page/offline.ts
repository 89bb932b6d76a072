/** Registers the service worker once the engine runs, so that it does not compete with the first visit's downloads. */

import type { Show } from "../show/show";

export function keepOffline(show: Show): void {
  const stop = show.on("mode", (mode) => {
    if (mode !== "engine") return;
    stop();
    void register();
  });
}

async function register(): Promise<void> {
  try {
    await navigator.serviceWorker.register(new URL("./sw.js", document.baseURI));
  } catch {
    // a private window, a sandboxed frame or a host without https: the page works, online only
  }
}
