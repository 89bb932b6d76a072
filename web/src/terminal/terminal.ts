/** The terminal on the page: xterm.js with its add-ons, made to fit, to be read and to stay quiet for screen readers. */

import { Terminal } from "@xterm/xterm";
import { copySelection } from "./copying";
import { chooseFit, FONT, type Grid } from "./fit";
import { measureLettersOnce } from "./letters";
import { keepStylesUnderCsp } from "./styles-under-csp";
import { leastContrast, type Theme, withoutFaint } from "./themes";
import { scrollByTouch } from "./touch";

const SCROLLBACK_LINES = 5_000;

export interface TerminalOptions {
  element: HTMLElement;
  theme: Theme;
  fontSize: number | undefined;
  /** Whether a drag and the wheel scroll the terminal, rather than the page around it. */
  scrolls: { byTouch: () => boolean; byWheel: () => boolean };
}

/** WebGL drawn by the processor is slower than the DOM renderer. */
function hasGraphicsCard(): boolean {
  const probe = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (probe === null) return false;
  const names = probe.getExtension("WEBGL_debug_renderer_info");
  const renderer = names === null ? "" : String(probe.getParameter(names.UNMASKED_RENDERER_WEBGL));
  probe.getExtension("WEBGL_lose_context")?.loseContext();
  // WebKit gives this name on every system, and ignores the caveat: on Linux the processor may be behind it, and then
  // the DOM draws four times as many frames
  if (renderer === "Apple GPU" && navigator.platform.startsWith("Linux")) return false;
  return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
}

/** The first drawing that is enough. */
function drawing(xterm: Terminal, isEnough: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const drawn = xterm.onRender(() => {
      if (!isEnough()) return;
      drawn.dispose();
      resolve();
    });
  });
}

function drawingOfWritten(xterm: Terminal): Promise<void> {
  let isWritten = false;
  const parsed = xterm.onWriteParsed(() => {
    isWritten = true;
    parsed.dispose();
  });
  return drawing(xterm, () => isWritten);
}

function isBlank({ buffer: { active }, rows }: Terminal): boolean {
  return Array.from({ length: rows }, (_, row) => active.getLine(active.baseY + row)).every(
    (line) => line === undefined || line.translateToString(true) === "",
  );
}

export class TerminalView {
  readonly element: HTMLElement;
  readonly xterm: Terminal;
  #chosenFont: number | undefined;
  #filling = false;
  #onGrid: (grid: Grid) => void = () => {};
  /** Once something was written and drawn, be it an empty screen. */
  readonly drawn: Promise<void>;
  /** Once text is on the screen. */
  readonly textDrawn: Promise<void>;
  #isOpen = false;

  constructor(options: TerminalOptions) {
    keepStylesUnderCsp();
    this.element = options.element;
    this.#chosenFont = options.fontSize;
    const fit = chooseFit(this.element, this.#chosenFont);
    this.xterm = new Terminal({
      allowProposedApi: true, // the search add-on's decorations
      convertEol: true,
      cursorBlink: false,
      cursorInactiveStyle: "none",
      disableStdin: true,
      fontFamily: FONT,
      ...(fit === null ? {} : { cols: fit.columns, rows: fit.rows, fontSize: fit.fontSize }),
      minimumContrastRatio: leastContrast(options.theme),
      scrollback: SCROLLBACK_LINES,
      theme: options.theme.terminal,
    });
    this.drawn = drawingOfWritten(this.xterm);
    this.textDrawn = drawing(this.xterm, () => !isBlank(this.xterm));
    scrollByTouch({
      element: this.element,
      terminal: this.xterm,
      lineHeight: () => this.element.clientHeight / this.xterm.rows,
      active: options.scrolls.byTouch,
    });
    this.#leaveWheel(options.scrolls.byWheel);
    copySelection(() => this.xterm.getSelection());
    new ResizeObserver(() => this.fit()).observe(this.element);
  }

  get grid(): Grid {
    return { columns: this.xterm.cols, rows: this.xterm.rows };
  }

  get fontSize(): number {
    return this.xterm.options.fontSize ?? 0;
  }

  onGrid(listener: (grid: Grid) => void): void {
    this.#onGrid = listener;
  }

  write(text: string, written?: () => void): void {
    this.xterm.write(withoutFaint(text), written);
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.xterm.write("", () => queueMicrotask(() => this.#open())); // after all else that is parsed with it
  }

  /** Not before there is something to draw: an empty screen would take a frame of its own. */
  #open(): void {
    this.xterm.open(this.element);
    measureLettersOnce(this.element);
    this.#keepKeyboardAway();
  }

  showNewest(): void {
    if (!this.showsNewest) this.xterm.scrollToBottom();
  }

  /** Nobody has scrolled up. */
  get showsNewest(): boolean {
    const { viewportY, baseY } = this.xterm.buffer.active;
    return viewportY >= baseY;
  }

  /** Tells when somebody scrolls up, and when the newest is in sight again. */
  onNewest(listener: (showsNewest: boolean) => void): void {
    let before = true;
    this.xterm.onRender(() => {
      if (this.showsNewest === before) return;
      before = this.showsNewest;
      listener(before);
    });
  }

  /** Drops what has scrolled away. */
  forget(): void {
    this.xterm.clear();
  }

  setTheme(theme: Theme): void {
    this.xterm.options.theme = theme.terminal;
    this.xterm.options.minimumContrastRatio = leastContrast(theme);
  }

  /** `undefined` leaves the font size to the fit. */
  setFontSize(fontSize: number | undefined): void {
    this.#chosenFont = fontSize;
    this.fit();
  }

  /** Type that fills the box, however large that makes it, as for those who sit far away. */
  setFilling(filling: boolean): void {
    this.#filling = filling;
    this.fit();
  }

  /** Columns, rows and font for the box as it is now. */
  fit(): void {
    const next = chooseFit(this.element, this.#chosenFont, this.#filling);
    if (next === null) return;
    this.xterm.options.fontSize = next.fontSize;
    if (next.columns === this.xterm.cols && next.rows === this.xterm.rows) return;
    this.xterm.resize(next.columns, next.rows);
    this.#onGrid(next);
  }

  /** The log with the escape codes gone, scrollback included. @param liveRows how many rows at the end are none of it */
  text(liveRows: number): string {
    const buffer = this.xterm.buffer.active;
    const end = buffer.baseY + buffer.cursorY + 1 - liveRows;
    const lines: string[] = [];
    for (let row = 0; row < end; row += 1) {
      const line = buffer.getLine(row);
      const text = line?.translateToString(true) ?? "";
      if (line?.isWrapped && lines.length > 0) lines[lines.length - 1] += text;
      else lines.push(text);
    }
    return `${lines.join("\n").trimEnd()}\n`;
  }

  /** The selection, or the log when nothing is selected. */
  selectionOrAll(liveRows: number): string {
    return this.xterm.getSelection() || this.text(liveRows);
  }

  /** What the terminal does not hear the browser does: it scrolls the page around. */
  #leaveWheel(isWanted: () => boolean): void {
    const leave = (event: WheelEvent): void => {
      if (!isWanted()) event.stopPropagation();
    };
    this.element.addEventListener("wheel", leave, { capture: true, passive: true });
  }

  /** The hidden textarea would open a phone's keyboard and put the focus inside an aria-hidden box. */
  #keepKeyboardAway(): void {
    const textarea = this.xterm.textarea;
    if (textarea === undefined) return;
    textarea.disabled = true;
    textarea.tabIndex = -1;
    textarea.inputMode = "none";
  }

  /**
   * WebGL where the graphics card really draws; the DOM renderer stays otherwise and after a lost context. Asking for it
   * takes longer than a first paint.
   */
  async useWebgl(): Promise<void> {
    if (!hasGraphicsCard()) return;
    const { WebglAddon } = await import("@xterm/addon-webgl");
    try {
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => webgl.dispose());
      this.xterm.loadAddon(webgl);
      this.fit();
    } catch {
      // the DOM renderer is still there
    }
  }
}
