/**
 * Reads what comes from outside, whether JSON or a message: a value of the stated shape comes back typed, and without what
 * was not asked for; anything else is refused with the place at which it differs.
 */

export type Reader<T> = (value: unknown) => T;
export type Read<R> = R extends Reader<infer T> ? T : never;
type Shape = Record<string, Reader<unknown>>;

export class Unreadable extends Error {}

function refuse(wanted: string): never {
  throw new Unreadable(`is not ${wanted}`);
}

export const number: Reader<number> = (value) =>
  typeof value === "number" && Number.isFinite(value) ? value : refuse("a number");
export const text: Reader<string> = (value) => (typeof value === "string" ? value : refuse("text"));
export const flag: Reader<boolean> = (value) => (typeof value === "boolean" ? value : refuse("true or false"));
export const any: Reader<unknown> = (value) => value;

export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value) => (value === null ? null : reader(value));
}

export function oneOf<const Choice extends string | number>(...choices: Choice[]): Reader<Choice> {
  return (value) => choices.find((choice) => choice === value) ?? refuse(choices.join(" or "));
}

export function list<T>(reader: Reader<T>): Reader<T[]> {
  return (value) => (Array.isArray(value) ? value.map((item, index) => at(index, reader, item)) : refuse("a list"));
}

export function tuple<Items extends unknown[]>(
  ...readers: { [Index in keyof Items]: Reader<Items[Index]> }
): Reader<Items> {
  return (value) => {
    if (!Array.isArray(value) || value.length !== readers.length) return refuse(`a list of ${readers.length}`);
    return readers.map((reader, index) => at(index, reader, value[index])) as Items;
  };
}

export function record<const Fields extends Shape>(
  fields: Fields,
): Reader<{ [Name in keyof Fields]: Read<Fields[Name]> }> {
  return (value) => {
    if (!isObject(value)) return refuse("an object");
    const read = Object.entries(fields).map(([name, reader]) => [name, at(name, reader, value[name])]);
    return Object.fromEntries(read);
  };
}

/** One of several records, told apart by their `type`. */
export function oneOfTypes<const Kinds extends Record<string, Shape>>(
  kinds: Kinds,
): Reader<
  { [Type in keyof Kinds]: { type: Type } & { [Name in keyof Kinds[Type]]: Read<Kinds[Type][Name]> } }[keyof Kinds]
> {
  const readers = new Map(
    Object.entries(kinds).map(([type, fields]) => [type, record({ type: oneOf(type), ...fields })]),
  );
  return (value) => {
    const reader = isObject(value) && typeof value.type === "string" ? readers.get(value.type) : undefined;
    return (reader ?? (() => refuse("of a known type")))(value) as never;
  };
}

/** @throws Unreadable, or SyntaxError if it is no JSON at all */
export function parse<T>(json: string, reader: Reader<T>): T {
  return reader(JSON.parse(json));
}

/** Null if it cannot be read. */
export function attempt<T>(reader: Reader<T>, value: unknown): T | null {
  try {
    return reader(value);
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function at<T>(place: string | number, reader: Reader<T>, value: unknown): T {
  try {
    return reader(value);
  } catch (error) {
    if (error instanceof Unreadable) error.message = `${place} ${error.message}`;
    throw error;
  }
}
