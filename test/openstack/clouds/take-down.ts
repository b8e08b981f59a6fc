import { existsSync } from "node:fs";
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

/** Forgets the images; pairs that run need them. */
export async function purge(): Promise<void> {
  await removeImages(BASE_FOLDER);
}
