import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireProgram } from "./binaries.ts";
import { answers, Daemon } from "./daemon.ts";
import { freePort } from "./free-port.ts";

/** A private memcached. */
export interface Memcached {
  readonly daemon: Daemon;
  readonly port: number;
  /** `host:port`, as in `memcached_servers`. */
  readonly address: string;
  close(): Promise<void>;
}

/** Starts a memcached of its own on a free port of 127.0.0.1. */
export async function startMemcached(): Promise<Memcached> {
  const directory = mkdtempSync(join(tmpdir(), "protector-memcached-"));
  const port = await freePort();
  const asUser = process.getuid?.() === 0 ? ["-u", "root"] : [];
  const daemon = new Daemon({
    name: "memcached",
    command: requireProgram("memcached"),
    args: ["-l", "127.0.0.1", "-p", String(port), "-U", "0", "-m", "16", ...asUser],
    directory,
    isReady: () => answers(port, "version\r\n"),
  });
  await daemon.start();
  return {
    daemon,
    port,
    address: `127.0.0.1:${port}`,
    close: async () => {
      await daemon.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
