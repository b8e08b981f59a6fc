import { createHash, randomBytes } from "node:crypto";
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Cloud } from "@protector/openstack";
import type { StorageArray } from "@protector/storage";
import { run } from "../machines/command.ts";
import type { StageArray } from "./stage.ts";

const BLOCK = 65_536;

/** File that holds a volume's bytes, as the array's data path shows it. @throws Error when Cinder or the array lacks it. */
export async function diskFile(cloud: Cloud, array: StageArray, volumeId: string): Promise<string> {
  const volume = await cloud.volume.findVolume(volumeId);
  const name = volume?.providerId ?? `volume-${volumeId}-cinder`;
  const found = await requireVolume(array.array, name);
  return join(array.bytesFolder, `${found.serial}.raw`);
}

/**
 * Writes random blocks all over a disk, the first and the last included, as a guest would have. Cinder leaves the file of
 * an image's volume as short as the image; to a guest the rest of its disk reads as zeros.
 */
export function fillDisk(file: string, gib: number): void {
  const size = gib * 2 ** 30;
  const disk = openSync(file, "r+");
  try {
    ftruncateSync(disk, size);
    const places = [0, ...Array.from({ length: 30 }, (_, index) => ((index + 1) * size) / 32), size - BLOCK];
    for (const place of places) writeSync(disk, randomBytes(BLOCK), 0, BLOCK, Math.floor(place / BLOCK) * BLOCK);
  } finally {
    closeSync(disk);
  }
}

/** SHA-256 of the first and last blocks: tells one disk from another. */
export function fingerprint(file: string): string {
  const disk = openSync(file, "r");
  try {
    const { size } = fstatSync(disk);
    const block = Buffer.alloc(BLOCK);
    const hash = createHash("sha256");
    for (const place of [0, size - BLOCK]) {
      readSync(disk, block, 0, BLOCK, place);
      hash.update(block);
    }
    return hash.digest("hex");
  } finally {
    closeSync(disk);
  }
}

/** Undefined when both files hold the same bytes, else where they differ first. Every byte is read. */
export async function firstDifference(one: string, other: string): Promise<string | undefined> {
  const { code, stdout, stderr } = await run("cmp", ["--", one, other]);
  if (code === 0) return undefined;
  return `${stdout}${stderr}`.trim() || `cmp ended with ${code}`;
}

async function requireVolume(array: StorageArray, name: string) {
  const volume = await array.findVolume(name);
  if (!volume) throw new Error(`the array has no volume ${name}`);
  return volume;
}
