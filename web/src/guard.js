// A plain script in the page itself (vite.config.ts), which always runs: if the page's modules did not start (an old browser, a sandboxed
// frame on a host that does not let such frames load modules), it says so instead of leaving an empty box, and what can be done.
(() => {
  const PATIENCE_MS = 10_000;
  let said = false;
  const advice = () => {
    const sorry = "The run could not start here. ";
    if (parent !== window) return [sorry, link(location.href, "Open it on its own page.")];
    return [
      sorry,
      "The browser may be too old for it, or the host may not have sent all of it. ",
      link("", "Load it anew."),
    ];
  };
  const link = (/** @type {string} */ href, /** @type {string} */ text) => {
    const made = document.createElement("a");
    Object.assign(made, { href, textContent: text });
    if (href !== "") Object.assign(made, { target: "_blank", rel: "noopener" });
    return made;
  };
  /** A page that has no style either, such as one from a folder, says it by itself. */
  const saysItself = () => {
    const words = document.querySelector(".unstyled");
    return words !== null && getComputedStyle(words).display !== "none";
  };
  const say = () => {
    if (said || document.documentElement.classList.contains("started") || saysItself()) return;
    said = true;
    const note = document.createElement("p");
    note.className = "note";
    note.append(...advice());
    document.getElementById("notes")?.append(note);
  };
  const failed = (/** @type {Event} */ event) => {
    if (!(event.target instanceof HTMLScriptElement)) return;
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", say);
    else say();
  };
  addEventListener("error", failed, true);
  setTimeout(say, PATIENCE_MS);
})();
