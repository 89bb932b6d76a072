/** `step:700:warm-up ends|50%:half of it`: places, and what is to be said there. */

export interface Note {
  place: string;
  words: string;
}

const MOST_NOTES = 50;
/** A step, a share, or a clock or a duration: whatever `--from` reads and what follows is not part of. */
const NOTE = /^\s*(step:[\d,_]+|[\d.]+%|\d+:[\d:.]+\d|\d[\w. ]*?)\s*:\s*(.*\S)\s*$/i;

/** @returns also a line for each that has no such form */
export function readNotes(text: string): { notes: Note[]; wrong: string[] } {
  const notes: Note[] = [];
  const wrong: string[] = [];
  for (const part of text.split("|").filter((each) => each.trim() !== "")) {
    const [, place = "", words = ""] = NOTE.exec(part) ?? [];
    if (place === "")
      wrong.push(`notes: “${part.trim().slice(0, 60)}” has no place and words, such as step:700:warm-up ends`);
    else if (notes.length < MOST_NOTES) notes.push({ place: place.trim(), words });
  }
  return { notes, wrong };
}
