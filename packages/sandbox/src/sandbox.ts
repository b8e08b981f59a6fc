import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ReplicationType } from "@protector/contract";
import { systemClock } from "@protector/ports";
import { loadProgramConfig, openLog, type RunningSite, startSite } from "@protector/server";
import { writeFiles } from "./site-files.ts";
import { keepWriting } from "./workload.ts";
import { type SandboxWorld, startWorld } from "./world.ts";

/** Two sites that work. */
export interface RunningSandbox {
  readonly world: SandboxWorld;
  readonly sites: readonly RunningSite[];
  readonly folder: string;
  /** Path of clouds.yaml. */
  readonly clouds: string;
  /** Cloud, array and Protector of site-a answer nobody any more; its servers stop as they stand. */
  loseHome(): Promise<void>;
  /** Stops everything; removes the folder unless it is kept. */
  close(): Promise<void>;
}

/** A reason not to start that people can do something about. */
export class CannotStart extends Error {
  override readonly name = "CannotStart";
}

/**
 * Starts both clouds, both arrays and both sites in this process.
 * @throws CannotStart when a port is taken or the folder is not empty.
 */
export async function startSandbox(settings: {
  readonly apiPorts: readonly [number, number];
  readonly servers: number;
  readonly replicationType: ReplicationType;
  readonly keep?: string;
}): Promise<RunningSandbox> {
  for (const port of settings.apiPorts) await requireFreePort(port);
  const folder =
    settings.keep === undefined ? mkdtempSync(join(tmpdir(), "protector-sandbox-")) : keptFolder(settings.keep);
  const closers: (() => Promise<void> | void)[] = [];
  if (settings.keep === undefined) closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const world = await startWorld({ ...settings, clock: systemClock });
    closers.push(() => world.stop(), keepWriting(world));
    const files = writeFiles(folder, world);
    const sites: RunningSite[] = [];
    const closed = new Set<RunningSite>();
    const closeSite = async (site: RunningSite) => {
      if (closed.has(site)) return;
      closed.add(site);
      await site.close();
    };
    for (const path of files.configs) {
      const { config } = loadProgramConfig({ files: [path], directories: [] }, {});
      const site = await startSite(config, openLog(config, "protector", { onStandardError: false }));
      closers.push(() => closeSite(site));
      sites.push(site);
    }
    const loseHome = async () => {
      const [home] = world.sites;
      home.cloud.powerOff();
      world.world.conditions.inject({ service: home.array.name, fault: { kind: "unreachable" } });
      const [site] = sites;
      if (site) await closeSite(site);
    };
    return { world, sites, folder, clouds: files.clouds, loseHome, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function requireFreePort(port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((free, taken) => {
      server.once("error", taken);
      server.listen(port, "127.0.0.1", free);
    });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CannotStart(
      code === "EADDRINUSE"
        ? `Port ${port} of 127.0.0.1 is in use, perhaps by another sandbox. Stop what listens there: ss -tlnp | grep ${port}`
        : `Port ${port} of 127.0.0.1 cannot be used: ${code}`,
      { cause },
    );
  }
  await new Promise((closed) => server.close(closed));
}

function keptFolder(named: string): string {
  const folder = resolve(named);
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) {
    throw new CannotStart(
      `${folder} is not empty. Name a new folder: the simulated clouds of an earlier run are gone.`,
    );
  }
  return folder;
}
