import { ArrayError } from "./block-array.ts";
import type { ArrayObject } from "./objects.ts";

/** The objects of one kind in the pods of an array, by the pod's name in lower case. */
export type ObjectsInPods<T extends ArrayObject> = () => ReadonlyMap<string, NamedObjects<T>>;

const NO_PODS = new Map<string, never>();

/**
 * Objects of one kind by name, without regard to case. A destroyed object keeps its name until it is eradicated.
 * A name that begins with `POD::` belongs to the objects of that pod, which may be another array's as well.
 */
export class NamedObjects<T extends ArrayObject> {
  readonly #kind: string;
  readonly #inPods: ObjectsInPods<T>;
  readonly #byName = new Map<string, T>();
  readonly #byId = new Map<string, T>();

  /**
   * @param kind word that begins the array's messages, e.g. `Volume`.
   * @param inPods default: there are no pods.
   */
  constructor(kind: string, inPods: ObjectsInPods<T> = () => NO_PODS) {
    this.#kind = kind;
    this.#inPods = inPods;
  }

  /** Live or destroyed. */
  find(name: string): T | undefined {
    const pod = podIn(name);
    const own = this.#byName.get(name.toLowerCase());
    return own ?? (pod === undefined ? undefined : this.#inPods().get(pod)?.find(name));
  }

  findById(id: string): T | undefined {
    const own = this.#byId.get(id);
    if (own) return own;
    for (const objects of this.#inPods().values()) {
      const found = objects.findById(id);
      if (found) return found;
    }
    return undefined;
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

  /** @throws ArrayError when the name is taken, or its pod is not there. */
  add(object: T): void {
    const elsewhere = this.#placeOf(object.name);
    if (elsewhere) {
      elsewhere.add(object);
      return;
    }
    this.requireFree(object.name);
    this.#byName.set(object.name.toLowerCase(), object);
    this.#byId.set(object.id, object);
  }

  /** @throws ArrayError when the name is taken, or is one in another pod. */
  rename(object: T, name: string): void {
    if (podIn(name) !== podIn(object.name)) {
      throw new ArrayError(object.name, `${this.#kind} cannot be moved into or out of a pod by another name.`);
    }
    const elsewhere = this.#placeOf(object.name);
    if (elsewhere) {
      elsewhere.rename(object, name);
      return;
    }
    if (name.toLowerCase() !== object.name.toLowerCase()) this.requireFree(name);
    this.#byName.delete(object.name.toLowerCase());
    object.name = name;
    this.#byName.set(name.toLowerCase(), object);
  }

  remove(object: T): void {
    if (this.#byId.has(object.id)) {
      this.#byName.delete(object.name.toLowerCase());
      this.#byId.delete(object.id);
    } else for (const objects of this.#inPods().values()) objects.remove(object);
  }

  /** Number of objects, destroyed ones included. */
  get size(): number {
    let size = this.#byId.size;
    for (const objects of this.#inPods().values()) size += objects.size;
    return size;
  }

  /** In order of creation, those in pods last. */
  *all(): IterableIterator<T> {
    yield* this.#byId.values();
    for (const objects of this.#inPods().values()) yield* objects.all();
  }

  /** Those outside of pods. */
  kept(): readonly T[] {
    return [...this.#byId.values()];
  }

  /** Where an object of that name has to be; undefined = here. Objects of a pod are kept under their whole names. */
  #placeOf(name: string): NamedObjects<T> | undefined {
    const pods = this.#inPods();
    const pod = podIn(name);
    if (pod === undefined) return undefined;
    const place = pods.get(pod);
    if (!place && pods !== NO_PODS) throw new ArrayError(name, "Pod does not exist.");
    return place;
  }
}

/** The pod that a name says its object is in, in lower case; undefined = none. */
export function podIn(name: string): string | undefined {
  return /^([^:]+)::/.exec(name)?.[1]?.toLowerCase();
}
