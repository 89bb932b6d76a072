/** The engine's files, as the page gets them from its own host. */

import { again } from "./again";
import { describe } from "./failure";
import { fetchNow } from "./halves.mjs";
import { mustBeThere } from "./missing";

type Bytes = Uint8Array<ArrayBuffer>;

/** Is told how much of a file is here. */
export interface Arrivals {
  read(url: string, bytes: number): void;
}

export class SiteFiles {
  readonly #base: string;
  readonly #arrivals: Arrivals;
  readonly #asked = new Set<string>();

  /** @param base where the site is */
  constructor(base: string, arrivals: Arrivals) {
    this.#base = base;
    this.#arrivals = arrivals;
  }

  /** For who tries again by himself. */
  readonly once = {
    read: (path: string): Promise<Bytes> => this.#read(path),
    readNow: (path: string): Bytes => fetchNow(this.#at(path)),
  };

  /** For a start, which a line that was gone for a moment does not end. */
  readonly stubborn = {
    at: (path: string): string => this.#at(path),
    load: (path: string): Promise<unknown> => import(/* @vite-ignore */ this.#at(path)).catch(sayWhich(path)),
    read: (path: string): Promise<Bytes> => again(() => this.#read(path)).catch(sayWhich(path)),
    compile: (path: string): Promise<WebAssembly.Module> => again(() => this.#compile(path)).catch(sayWhich(path)),
  };

  /** Whether it is, or was, asked for here, so that whoever did is told what went wrong. */
  isAsked(path: string): boolean {
    return this.#asked.has(path);
  }

  #at(path: string): string {
    return new URL(path, this.#base).href;
  }

  async #read(path: string): Promise<Bytes> {
    return await this.#bytesOf(await this.#response(path), path);
  }

  /** As it arrives, where that can be: it is ready sooner, and the browser keeps the code for the next visit. */
  async #compile(path: string): Promise<WebAssembly.Module> {
    const response = await this.#response(path);
    const isStream = "compileStreaming" in WebAssembly && isModule(response);
    return isStream
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await this.#bytesOf(response, path));
  }

  async #response(path: string): Promise<Response> {
    this.#asked.add(path);
    const response = await fetch(this.#at(path));
    mustBeThere(response, path);
    return response;
  }

  async #bytesOf(response: Response, path: string): Promise<Bytes> {
    let count = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, controller) => {
        count += piece.length;
        this.#arrivals.read(this.#at(path), count);
        controller.enqueue(piece);
      },
    });
    return new Uint8Array(await new Response(response.body?.pipeThrough(counted)).arrayBuffer());
  }
}

/** Hosts that do not know the type send another, and browsers then refuse to compile the response. */
const isModule = ({ headers }: Response): boolean => headers.get("content-type") === "application/wasm";

/** A browser says of a line that broke off only that it did. */
function sayWhich(path: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`${path.split("/").at(-1)} could not be loaded (${describe(error)})`);
  };
}
