// A plain script that always runs: if the page's modules did not start (an old browser, or a sandboxed frame on a host
// that does not let such frames load modules), it says so instead of leaving an empty box.
(() => {
  const PATIENCE_MS = 10_000;
  let said = false;
  const say = () => {
    if (said || document.documentElement.classList.contains("started")) return;
    said = true;
    const note = document.createElement("p");
    const link = document.createElement("a");
    note.className = "note";
    note.textContent = "The run could not start here. ";
    link.href = location.href;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = "Open it on its own page.";
    note.append(link);
    document.getElementById("notes").append(note);
  };
  const failed = (event) => {
    if (event.target?.tagName === "SCRIPT") say();
  };
  addEventListener("error", failed, true);
  setTimeout(say, PATIENCE_MS);
})();
