import { systemClock } from "@protector/ports";
import type { SandboxWorld } from "./world.ts";

/** ms between two writes of a server to each of its disks. */
const WRITE_EVERY_MS = 500;
/** ms between two looks for servers that have come up. */
const LOOK_EVERY_MS = 1000;

/**
 * Lets the guests of all servers write for as long as they run, those that a failover makes included.
 * @returns a function that ends it.
 */
export function keepWriting({ sites }: SandboxWorld): () => Promise<void> {
  const stop = new AbortController();
  const writing = new Set<string>();
  const look = () => {
    for (const guest of sites.flatMap(({ cloud }) => cloud.guests.all())) {
      if (writing.has(guest.server.id)) continue;
      writing.add(guest.server.id);
      guest.startWriting(WRITE_EVERY_MS);
    }
  };
  const looking = (async () => {
    while (!stop.signal.aborted) {
      look();
      await systemClock.sleep(LOOK_EVERY_MS, stop.signal).catch(() => {});
    }
  })();
  return async () => {
    stop.abort();
    await looking;
  };
}
