/** Numbers as the page writes them. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** 3:25:10, and from a day on 12d 03:25:10: times as the core's log has them (`duration` in `pysim/views/text.py`). */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / DAY);
  const hours = Math.floor((whole % DAY) / HOUR);
  const rest = `${twoDigits((whole % HOUR) / MINUTE)}:${twoDigits(whole % MINUTE)}`;
  return days === 0 ? `${hours}:${rest}` : `${days}d ${twoDigits(hours)}:${rest}`;
}

function twoDigits(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}

/** 0.25x, 1x, 120x, 10,000x */
export function speedText(factor: number): string {
  const digits = factor < 1 ? 2 : factor < 10 ? 1 : 0;
  return `${grouped(Number(factor.toFixed(digits)))}x`;
}

/** 1,234,567.8: as `toLocaleString("en")` has it, whose first call takes a browser longer than drawing the bar. */
export function grouped(value: number): string {
  const [whole = "", ...rest] = String(value).split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...rest].join(".");
}
