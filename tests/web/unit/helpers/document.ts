/** What jsdom's document lacks of a browser's. */

if (typeof window !== "undefined") {
  window.matchMedia = (media) => Object.assign(new EventTarget(), query(media));
}

/** Nothing is asked for: the scheme is dark, motion is welcome. */
function query(media: string) {
  return { media, matches: false, onchange: null, addListener: () => {}, removeListener: () => {} };
}

export const observers: { tell: (isIntersecting: boolean) => void }[] = [];

/** Tells what is on the screen when a test says so. */
class FakeIntersectionObserver {
  constructor(listener: (entries: { isIntersecting: boolean }[]) => void) {
    observers.push({ tell: (isIntersecting) => listener([{ isIntersecting }]) });
  }
  observe(): void {}
  disconnect(): void {}
}
Object.assign(globalThis, { IntersectionObserver: FakeIntersectionObserver });
