/** Numbers as the page writes them. */

const MINUTE = 60;
const HOUR = 3600;

/** 3:25:10, or 0:12 for less than an hour; hours run on past a day, as in the log. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / HOUR);
  const minutes = Math.floor((whole % HOUR) / MINUTE);
  const rest = String(whole % MINUTE).padStart(2, "0");
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, "0")}:${rest}`;
}

/** 0.25x, 1x, 120x, 10,000x */
export function speedText(factor: number): string {
  const digits = factor < 1 ? 2 : factor < 10 ? 1 : 0;
  return `${Number(factor.toFixed(digits)).toLocaleString("en")}x`;
}
