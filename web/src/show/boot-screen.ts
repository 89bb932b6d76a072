/** What the terminal shows while the engine loads and nothing recorded fits: what is loading, and how far it is. */

const MOST_BAR_CELLS = 35;
const FEWEST_BAR_CELLS = 10;
const ESC = "\u001b[";
const BYTES_PER_MEGABYTE = 1_000_000;

export interface BootProgress {
  stage: string;
  loadedBytes: number;
  totalBytes: number;
}

export function bootScreen(query: string, columns: number): string {
  const options = [...new URLSearchParams(query)].map(([name, value]) => `--${name} ${value}`).join(" ");
  const command = printable(`$ pysim ${options}`.trim());
  return `${ESC}?25l${ESC}2J${ESC}H${clip(command, columns)}\r\n\r\n`;
}

/** One line, redrawn in place. */
export function bootLine({ stage, loadedBytes, totalBytes }: BootProgress, columns: number): string {
  const fraction = totalBytes === 0 ? 0 : Math.min(1, loadedBytes / totalBytes);
  const cells = Math.max(FEWEST_BAR_CELLS, Math.min(MOST_BAR_CELLS, columns - 40));
  const filled = Math.round(fraction * cells);
  const bar = "=".repeat(Math.max(0, filled - 1)) + (filled > 0 ? ">" : "");
  const megabytes = `${megabyte(loadedBytes)}/${megabyte(totalBytes)} MB`;
  const what = fraction < 1 ? `loading ${stage}` : `starting ${stage}`;
  return `\r${ESC}2K${clip(`[${bar.padEnd(cells)}] ${megabytes}  ${what}`, columns - 1)}`;
}

function megabyte(bytes: number): string {
  return (bytes / BYTES_PER_MEGABYTE).toFixed(1);
}

function clip(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}~`;
}

/** The query comes from a link: nothing in it may reach the terminal as a control code. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
