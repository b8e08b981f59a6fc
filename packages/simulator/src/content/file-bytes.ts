import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import type { BytesOwner, VolumeBytes } from "./volume-bytes.ts";

/**
 * Bytes as sparse files `<directory>/<array>/<serial>.raw`. Whoever attaches a volume opens its file; a file that is
 * missing or short counts as zeros from there on.
 *
 * Files may be read and written by every user of the machine (0666, directories 0777): hosts run under users of their
 * own, and this is a simulator, not a place for secrets.
 */
export class FileBytes implements VolumeBytes {
  readonly #directory: string;
  readonly #prepared = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  create(owner: BytesOwner, bytes: number): void {
    const path = this.#path(owner);
    rmSync(path, { force: true });
    setSize(path, bytes);
  }

  /** Through a file beside and a rename: nobody ever sees half of a copy. An open file keeps what it held before. */
  copy(from: BytesOwner, to: BytesOwner, bytes: number): void {
    const source = this.#path(from);
    const path = this.#path(to);
    const draft = `${path}.copying`;
    rmSync(draft, { force: true });
    if (existsSync(source)) execFileSync("cp", ["--sparse=always", "--reflink=auto", "--", source, draft]);
    setSize(draft, bytes);
    renameSync(draft, path);
  }

  grow(owner: BytesOwner, bytes: number): void {
    const path = this.#path(owner);
    if (!existsSync(path) || statSync(path).size < bytes) setSize(path, bytes);
  }

  remove(owner: BytesOwner): void {
    rmSync(this.#path(owner), { force: true });
  }

  #path({ array, serial }: BytesOwner): string {
    const folder = join(this.#directory, array);
    if (!this.#prepared.has(folder)) {
      mkdirSync(folder, { recursive: true });
      chmodSync(this.#directory, 0o777);
      chmodSync(folder, 0o777);
      this.#prepared.add(folder);
    }
    return join(folder, `${serial}.raw`);
  }
}

/** Makes the file when it is missing. */
function setSize(path: string, bytes: number): void {
  const file = openSync(path, "a", 0o666);
  ftruncateSync(file, bytes);
  closeSync(file);
  chmodSync(path, 0o666);
}
