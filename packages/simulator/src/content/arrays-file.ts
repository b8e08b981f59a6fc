import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import type { ArrayMemory, ArraysMemory } from "../flasharray/array-memory.ts";

const FORMAT = "simulated-arrays-2";

/** Memory of the arrays as one file, in the format of this program alone. */
export class ArraysFile implements ArraysMemory {
  readonly #path: string;
  #written: Buffer | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws Error when the file is none of these. */
  read(): readonly ArrayMemory[] {
    if (!existsSync(this.#path)) return [];
    const refusal = new Error(`${this.#path} holds no simulated arrays; remove it with the volumes beside it`);
    let kept: { readonly format?: unknown; readonly arrays: readonly ArrayMemory[] };
    try {
      kept = deserialize(readFileSync(this.#path));
    } catch {
      throw refusal;
    }
    if (kept?.format !== FORMAT) throw refusal;
    return kept.arrays;
  }

  /** Through a file beside and a rename, so that a loss of power leaves the old or the new one. */
  write(arrays: readonly ArrayMemory[]): void {
    const bytes = serialize({ format: FORMAT, arrays });
    if (this.#written?.equals(bytes)) return;
    writeFileSync(`${this.#path}.writing`, bytes, { mode: 0o600 });
    renameSync(`${this.#path}.writing`, this.#path);
    this.#written = bytes;
  }
}
