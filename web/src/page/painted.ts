/** When what was drawn is on the screen, so that what comes next does not stand in its way. */

/** A page that nobody looks at is not painted. */
const LONGEST_PAINT_MILLISECONDS = 100;

/** Resolves once the frame is painted that comes next. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, LONGEST_PAINT_MILLISECONDS);
  });
}
