/** Tells whether anybody can see the terminal: the tab is in front and the box is on the screen. */

export function watchVisibility(box: Element, tell: (visible: boolean) => void): void {
  let onScreen = true;
  const update = (): void => tell(onScreen && !document.hidden);
  document.addEventListener("visibilitychange", update);
  new IntersectionObserver((entries) => {
    onScreen = entries.at(-1)?.isIntersecting ?? true;
    update();
  }).observe(box);
}

/** Calls once, as soon as the box is on the screen. */
export function onceVisible(box: Element, then: () => void): void {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    then();
  });
  observer.observe(box);
}
