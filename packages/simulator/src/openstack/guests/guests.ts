import type { GuestPower, ServerRecord } from "../nova/records.ts";
import { Guest, type GuestSurroundings } from "./guest.ts";

/** All guests of one cloud, made with their servers and kept after them. */
export class Guests implements GuestPower {
  readonly #guests = new Map<string, Guest>();
  readonly #around: GuestSurroundings;
  /** The hypervisors have power. */
  isPowered = true;

  constructor(around: GuestSurroundings) {
    this.#around = around;
  }

  /** The guest of a server, undefined before its first boot. */
  find(serverId: string): Guest | undefined {
    return this.#guests.get(serverId);
  }

  all(): readonly Guest[] {
    return [...this.#guests.values()];
  }

  boot(server: ServerRecord): void {
    if (!this.isPowered) return;
    const guest = this.#guests.get(server.id) ?? new Guest(server, this.#around);
    this.#guests.set(server.id, guest);
    guest.boot();
  }

  halt(server: ServerRecord): void {
    this.#guests.get(server.id)?.halt();
  }

  disksChanged(server: ServerRecord): void {
    this.#guests.get(server.id)?.mount();
  }
}
