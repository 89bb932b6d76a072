// Made from pysim/edge/protocol.py by `make protocol`. Change it there.

export const SLOWEST = 0.1 as const;
export const FASTEST = 10000 as const;
export const SKIP_SECONDS = 5 as const;
export const FAR_SKIP_SECONDS = 30 as const;
export const KEY_HELP = [["space", "play or pause"], ["+ -", "faster or slower"], ["← →", "5 seconds of show back or on; with shift 30"], ["d", "the dashboard, or the log again"], ["e", "explain the newest line; a click explains any line or number"], ["[ ]", "previous or next mark"], ["n", "next incident; with shift the previous one"], ["0-9", "to that tenth of the run"], ["g", "go to a step or a time"], ["v", "the same in the words of the next program"], ["z", "charts of all, the last tenth, the last hundred steps"], ["↑ ↓", "scroll by a line, Page Up and Page Down by a screen, End to the newest"]] as const;
export const ON_CALL_KEY = "o" as const;
export const PARTS = ["log", "curve", "fleet", "numbers", "timeline"] as const;
export const MOVES = ["seek", "seek-fraction", "skip", "chapter", "incident", "goto", "restart", "seed", "inject", "decide", "play-until", "view", "zoom"] as const;
export const REPEATABLE: readonly string[] = ["modules", "inject", "compare", "decide"];
