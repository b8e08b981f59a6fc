import { ArrayError } from "./block-array.ts";
import type { ArrayObject } from "./objects.ts";

/** Objects of one kind by name, without regard to case. A destroyed object keeps its name until it is eradicated. */
export class NamedObjects<T extends ArrayObject> {
  readonly #kind: string;
  readonly #byName = new Map<string, T>();
  readonly #byId = new Map<string, T>();

  /** @param kind word that begins the array's messages, e.g. `Volume`. */
  constructor(kind: string) {
    this.#kind = kind;
  }

  /** Live or destroyed. */
  find(name: string): T | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  findById(id: string): T | undefined {
    return this.#byId.get(id);
  }

  /** @throws ArrayError when there is none of that name, or it is destroyed. */
  live(name: string): T {
    const object = this.any(name);
    if (object.destroyedAt !== undefined) throw new ArrayError(name, `${this.#kind} has been destroyed.`);
    return object;
  }

  /** @throws ArrayError when there is none of that name. */
  any(name: string): T {
    const object = this.find(name);
    if (!object) throw new ArrayError(name, `${this.#kind} does not exist.`);
    return object;
  }

  /** @throws ArrayError when the name is taken, by a destroyed object too. */
  requireFree(name: string): void {
    const object = this.find(name);
    if (!object) return;
    throw new ArrayError(
      name,
      object.destroyedAt === undefined ? `${this.#kind} already exists.` : `${this.#kind} has been destroyed.`,
    );
  }

  add(object: T): void {
    this.requireFree(object.name);
    this.#byName.set(object.name.toLowerCase(), object);
    this.#byId.set(object.id, object);
  }

  rename(object: T, name: string): void {
    if (name.toLowerCase() !== object.name.toLowerCase()) this.requireFree(name);
    this.#byName.delete(object.name.toLowerCase());
    object.name = name;
    this.#byName.set(name.toLowerCase(), object);
  }

  remove(object: T): void {
    this.#byName.delete(object.name.toLowerCase());
    this.#byId.delete(object.id);
  }

  /** Number of objects, destroyed ones included. */
  get size(): number {
    return this.#byId.size;
  }

  /** In order of creation. */
  all(): IterableIterator<T> {
    return this.#byId.values();
  }
}
