/** The control codes that the page itself writes. */

/** An empty terminal without a cursor. As text it stays behind what was written before and is not parsed yet. */
export const CLEAR = "\u001bc\u001b[?25l";
