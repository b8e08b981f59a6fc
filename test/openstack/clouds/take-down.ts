import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../machines/command.ts";
import { removeImages } from "../machines/image.ts";
import { removeNetwork } from "../machines/network.ts";
import type { Pair } from "./pair.ts";
import { BASE_FOLDER } from "./paths.ts";

/** Stops a pair and forgets everything of it. The images stay. */
export async function takeDown(pair: Pair): Promise<void> {
  await Promise.all(Object.values(pair.sites).map((machine) => machine.remove()));
  await pair.arrays.stop("SIGKILL");
  await removeNetwork(pair.network.namespace);
  if (existsSync(pair.folder)) await mustRun("rm", ["--recursive", "--force", "--one-file-system", pair.folder]);
}

/**
 * Forgets the images.
 * @throws Error when a pair is left, as its machines stand on them.
 */
export async function purge(): Promise<void> {
  const folder = join(BASE_FOLDER, "pairs");
  const pairs = existsSync(folder) ? readdirSync(folder) : [];
  if (pairs.length > 0) throw new Error(`The images stay: pairs ${pairs.join(", ")} need them`);
  await removeImages(BASE_FOLDER);
}
