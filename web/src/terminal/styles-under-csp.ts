/**
 * xterm.js writes <style> elements and style attributes, which a strict Content-Security-Policy blocks.
 *
 * Constructed style sheets and the CSSOM are not subject to it: a <style> element asked for by script is replaced by a
 * stand-in whose text goes to an adopted sheet, and `setAttribute("style")` sets `style.cssText`. Called once, before
 * the terminal opens. `style-src 'self'` then holds.
 */
export function keepStylesUnderCsp(): void {
  if (!("adoptedStyleSheets" in document)) return;
  const createElement = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) =>
    name === "style"
      ? styleStandIn(createElement("data"))
      : createElement(name, options)) as typeof document.createElement;

  const setAttribute = HTMLElement.prototype.setAttribute;
  HTMLElement.prototype.setAttribute = function (name: string, value: string): void {
    if (name === "style") this.style.cssText = value;
    else setAttribute.call(this, name, value);
  };
}

function styleStandIn(element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  element.hidden = true;
  Object.defineProperty(element, "textContent", {
    get: () => "",
    set: (text: string) => sheet.replaceSync(text),
  });
  Object.defineProperty(element, "remove", {
    value: () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((adopted) => adopted !== sheet);
      Element.prototype.remove.call(element);
    },
  });
  return element;
}
