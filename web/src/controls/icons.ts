/** Line icons on a 24 x 24 grid, drawn for this page. */

import { svg } from "../page/dom";

const PATHS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M7 5v14M17 5v14",
  restart: "M4 12a8 8 0 1 0 2.6-5.9M4 4v4.5h4.5",
  dice: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
  fullscreen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  theme: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  share: "M15 8l-6 3.2M15 16l-6-3.2M18 4.5a2 2 0 1 0 .01 0M6 10a2 2 0 1 0 .01 0M18 15.5a2 2 0 1 0 .01 0",
  settings: "M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h9M17 17h3M15 15v4",
  bolt: "M13 3L6 13.5h5L10 21l8-11h-5.5z",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
  search: "M10.5 5a5.5 5.5 0 1 0 .01 0M15 15l5 5",
  up: "M6 14.5l6-6 6 6",
  down: "M6 9.5l6 6 6-6",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5h.01",
  next: "M5 5l9 7-9 7zM18.5 5v14",
  previous: "M19 5l-9 7 9 7zM5.5 5v14",
  goto: "M4 12h12M11.5 7l5 5-5 5M20 5v14",
  curve: "M4 5c1 9 4 11 8 11h8M4 20h16",
  link: "M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9",
  scales: "M12 4v16M7 20h10M5 7h14M5 7l-2.5 6a2.8 2.8 0 0 0 5 0zM19 7l-2.5 6a2.8 2.8 0 0 0 5 0z",
  phone: "M6.5 4.5h3l1.5 4-2 1.5a11 11 0 0 0 5 5l1.5-2 4 1.5v3c0 1-1 2-2 2A14.5 14.5 0 0 1 4.5 6.500c0-1 1-2 2-2z",
  more: "M6 12h.01M12 12h.01M18 12h.01",
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): SVGSVGElement {
  const drawing = svg("svg", {
    viewBox: "0 0 24 24",
    class: `icon icon-${name}`,
    "aria-hidden": "true",
    focusable: "false",
  });
  drawing.append(svg("path", { d: PATHS[name] }));
  return drawing;
}
