// A plain script that always runs: if the page's modules did not start (an old browser, a sandboxed frame on a host that
// does not let such frames load modules), it says so instead of leaving an empty box, and what can be done. A page opened
// from a folder has no style either, and then says it by itself.
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
  const link = (href, text) => {
    const made = document.createElement("a");
    Object.assign(made, { href, textContent: text });
    if (href !== "") Object.assign(made, { target: "_blank", rel: "noopener" });
    return made;
  };
  const say = () => {
    if (said || location.protocol === "file:" || document.documentElement.classList.contains("started")) return;
    said = true;
    const note = document.createElement("p");
    note.className = "note";
    note.append(...advice());
    document.getElementById("notes").append(note);
  };
  const failed = (event) => {
    if (event.target?.tagName === "SCRIPT") say();
  };
  addEventListener("error", failed, true);
  setTimeout(say, PATIENCE_MS);
})();
