/** A field over the terminal: Enter goes to the step or the time in it, Escape closes. What is not understood stays to be mended. */

import { element } from "../page/dom";

const EXAMPLES = "12,000 · 17d 6h · 3:25:10 · 50%";

/** @param goTo answers why not, or nothing */
export function openGoTo(place: HTMLElement, goTo: (typed: string) => Promise<string>): void {
  const open = place.querySelector<HTMLInputElement>("#go-to input");
  if (open !== null) {
    open.select();
    return;
  }
  const before = document.activeElement;
  const input = element("input", {
    type: "text",
    id: "go-to-place",
    autocomplete: "off",
    enterkeyhint: "go",
    spellcheck: "false",
    placeholder: EXAMPLES,
    "aria-describedby": "go-to-refusal",
  });
  const label = element("label", { for: input.id }, "Go to a step or a time");
  const refusal = element("output", { id: "go-to-refusal", role: "status" });
  const go = element("button", { type: "submit", class: "primary" }, "Go");
  const close = element("button", { type: "button", class: "go-to-close", "aria-label": "Close" }, "×");
  const form = element("form", { id: "go-to", autocomplete: "off" }, label, input, go, close, refusal);
  const leave = (): void => {
    form.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  };
  const submit = async (): Promise<void> => {
    if (input.value.trim() === "") return;
    const answer = await goTo(input.value);
    if (answer === "") leave();
    refusal.textContent = answer;
    input.setAttribute("aria-invalid", String(answer !== ""));
    input.select();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
  });
  close.addEventListener("click", leave);
  place.append(form);
  input.focus();
}
