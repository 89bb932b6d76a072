/** JSON is of no known type until it has been read (`reading.ts`). */

interface JSON {
  parse(text: string): unknown;
}

interface Body {
  json(): Promise<unknown>;
}
