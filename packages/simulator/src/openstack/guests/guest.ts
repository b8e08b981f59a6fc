import type { Content, Write } from "../../content/content.ts";
import { writesOf } from "../../content/content.ts";
import { ArrayDownError, ArrayError, type BlockArray } from "../../flasharray/block-array.ts";
import { pathsOf } from "../cinder/pure-driver.ts";
import type { VolumeRecord } from "../cinder/records.ts";
import type { VolumeState } from "../cinder/volume-state.ts";
import type { Environment } from "../core/environment.ts";
import type { Disk, ServerRecord } from "../nova/records.ts";
import type { RunningDisks } from "./running-disks.ts";

/** What a guest found on its disks when it booted. */
export interface BootRecord {
  /** ms since the UNIX epoch. */
  readonly at: number;
  /** By device, in the server's order. */
  readonly disks: readonly { readonly device: string; readonly volumeId: string; readonly content: Content }[];
}

interface MountedDisk {
  readonly disk: Disk;
  readonly volume: VolumeRecord;
  readonly key: string;
  /** What the guest knows to be on the disk; anything else there was written behind its back. */
  seen: Content;
}

export interface GuestSurroundings {
  readonly environment: Environment;
  readonly volumes: VolumeState;
  readonly running: RunningDisks;
}

/**
 * The operating system inside a server: it boots with the server, writes to its disks over the host's connections, and
 * stops with it. Sequence numbers count over all its disks, so that a cut of several disks is consistent exactly when
 * the writes found on them are 1, 2, … n without a gap.
 */
export class Guest {
  readonly server: ServerRecord;
  /** Every boot, oldest first. */
  readonly bootRecords: BootRecord[] = [];
  readonly #around: GuestSurroundings;
  #disks: MountedDisk[] = [];
  #sequence = 0;
  #isRunning = false;
  /** ms between writes of the workload; undefined = no workload. */
  #everyMs: number | undefined;
  /** Raised with every start of the workload, so that an old loop ends. */
  #round = 0;

  constructor(server: ServerRecord, around: GuestSurroundings) {
    this.server = server;
    this.#around = around;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Number of the last write. */
  get sequence(): number {
    return this.#sequence;
  }

  /**
   * Writes `text` to one disk (`device`, e.g. `/dev/vdb`) or to each in turn, each write with the next number.
   * @returns the writes that reached their disk: none while the server is not running, while an array is off, or when
   * the host's connection was taken away.
   */
  write(text: string, device?: string): readonly Write[] {
    if (!this.#isRunning) return [];
    const targets = this.#disks.filter(({ disk }) => device === undefined || disk.device === device);
    return targets.flatMap((mounted) => this.#writeTo(mounted, text));
  }

  /** All writes on a disk now, oldest first, those of earlier servers included. */
  writes(device: string): readonly Write[] {
    const disk = this.server.disks.find((each) => each.device === device);
    const volume = disk && this.#around.volumes.volumes.get(disk.volumeId);
    const name = volume?.providerId;
    if (!volume || name === undefined) return [];
    const path = pathsOf(volume).find((array) => array.serves(name)) ?? volume.backend.array;
    return writesOf(path.content(name));
  }

  /** Writes to every disk each `everyMs` for as long as the server runs, and again after each boot. */
  startWriting(everyMs: number): void {
    this.#everyMs = everyMs;
    if (this.#isRunning) this.#work();
  }

  stopWriting(): void {
    this.#everyMs = undefined;
  }

  /** Called by the hypervisor. */
  boot(): void {
    this.#isRunning = true;
    this.mount();
    const disks = this.#disks.map(({ disk, volume, seen }) => ({
      device: disk.device,
      volumeId: volume.id,
      content: seen,
    }));
    this.bootRecords.push({ at: this.#around.environment.now(), disks });
    this.#work();
  }

  /** Called by the hypervisor. */
  halt(): void {
    for (const mounted of this.#disks) this.#unmount(mounted);
    this.#disks = [];
    this.#isRunning = false;
  }

  /** Follows disks that came or went while running. */
  mount(): void {
    if (!this.#isRunning) return;
    const connected = this.server.disks.flatMap((disk) => this.#connected(disk));
    for (const old of this.#disks) if (!connected.some(({ volume }) => volume === old.volume)) this.#unmount(old);
    this.#disks = connected.map(({ disk, volume, arrayName }) => {
      const known = this.#disks.find((each) => each.volume === volume);
      if (known) return known;
      const path = pathsOf(volume).find((array) => array.serves(arrayName)) ?? volume.backend.array;
      // Serial numbers are an array's own, and the same on both arrays of a pod.
      const key = path.findVolume(arrayName)?.serial ?? arrayName;
      const others = this.#around.running.take(key, this.server.id);
      if (others.length > 0 && !volume.isMultiattach) {
        this.#around.environment.report(
          "written_by_two",
          `${arrayName} is a disk of ${[...others, this.server.id].join(" and ")}`,
        );
      }
      return { disk, volume, key, seen: path.content(arrayName) };
    });
  }

  #connected(
    disk: Disk,
  ): readonly { readonly disk: Disk; readonly volume: VolumeRecord; readonly arrayName: string }[] {
    const volume = this.#around.volumes.volumes.get(disk.volumeId);
    const arrayName = volume?.providerId;
    const isConnected = volume?.attachments.some(({ serverId, arrayHost }) => serverId === this.server.id && arrayHost);
    return volume && arrayName !== undefined && isConnected ? [{ disk, volume, arrayName }] : [];
  }

  #unmount(mounted: MountedDisk): void {
    this.#check(mounted);
    this.#around.running.giveBack(mounted.key, this.server.id);
  }

  #writeTo(mounted: MountedDisk, text: string): readonly Write[] {
    const array = this.#pathTo(mounted);
    const name = mounted.volume.providerId ?? "";
    const host = this.#hostOf(mounted);
    if (host === undefined || !array) return [];
    this.#check(mounted);
    const write = { writer: this.server.id, sequence: this.#sequence + 1, at: this.#around.environment.now(), text };
    try {
      array.write(name, host, write);
    } catch (error) {
      if (error instanceof ArrayError || error instanceof ArrayDownError) return [];
      throw error;
    }
    this.#sequence += 1;
    mounted.seen = array.content(name);
    return [write];
  }

  /** Content that this guest did not write means that someone wrote under it. */
  #check(mounted: MountedDisk): void {
    const array = this.#pathTo(mounted);
    const name = mounted.volume.providerId ?? "";
    // Behind a connection that was ended, by fencing for one, nothing can harm this guest any more.
    if (!array) return;
    const now = array.content(name);
    if (now === mounted.seen || mounted.volume.isMultiattach) return;
    this.#around.environment.report(
      "overwritten_while_connected",
      `${name} on ${array.name} changed under running server ${this.server.id}`,
    );
    mounted.seen = now;
  }

  #hostOf({ volume }: MountedDisk): string | undefined {
    return volume.attachments.find(({ serverId }) => serverId === this.server.id)?.arrayHost;
  }

  /** The first array that serves the disk to this guest's host. */
  #pathTo(mounted: MountedDisk): BlockArray | undefined {
    const name = mounted.volume.providerId ?? "";
    const host = this.#hostOf(mounted);
    return pathsOf(mounted.volume).find((array) => {
      const found = array.serves(name) ? array.findVolume(name) : undefined;
      return host !== undefined && found?.isDestroyed === false && found.hosts.includes(host);
    });
  }

  #work(): void {
    this.#round += 1;
    this.#tick(this.#round);
  }

  #tick(round: number): void {
    if (this.#everyMs === undefined) return;
    this.#around.environment.after(this.#everyMs, () => {
      if (round !== this.#round || !this.#isRunning || this.#everyMs === undefined) return;
      this.write(`${this.server.name} at ${this.#around.environment.now()}`);
      this.#tick(round);
    });
  }
}
