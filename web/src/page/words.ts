/** Where one text holds all values of an option that can be repeated, they are its words, as the classes of an element are. */
export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
