/** Which running guest has which array volume as a disk, over all clouds of a world. */
export class RunningDisks {
  readonly #users = new Map<string, Set<string>>();

  /** @returns the other running guests that already have the volume. */
  take(key: string, guest: string): readonly string[] {
    const users = this.#users.get(key) ?? new Set();
    this.#users.set(key, users.add(guest));
    return [...users].filter((other) => other !== guest);
  }

  giveBack(key: string, guest: string): void {
    this.#users.get(key)?.delete(guest);
  }
}
