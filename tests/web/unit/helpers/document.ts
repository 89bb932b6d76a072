/** What jsdom's document lacks of a browser's. */

if (typeof window !== "undefined") {
  window.matchMedia = (media) => Object.assign(new EventTarget(), query(media));
}

/** Nothing is asked for: the scheme is dark, motion is welcome. */
function query(media: string) {
  return { media, matches: false, onchange: null, addListener: () => {}, removeListener: () => {} };
}
