#!/usr/bin/env node
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemRandom } from "@protector/ports";
import {
  ArraysFile,
  createWorld,
  DEFAULT_CONFIG,
  FileBytes,
  parseStandaloneConfig,
  type StandaloneConfig,
  seedBasics,
  seedTenant,
  seedThreeTier,
  type World,
  type WorldOptions,
} from "../src/index.ts";

const USAGE = `usage: protector-simulator [--config FILE]

Runs simulated OpenStack clouds and FlashArrays until it is told to stop (SIGINT, SIGTERM).
FILE is JSON: arrays, clouds, links, link, certificate, dataDirectory (the volumes' bytes as files), seed (none,
basics, workload), writeEveryMs.
Without it: site-a on 127.0.0.11, site-b on 127.0.0.12, array-a on 127.0.0.21:8080, array-b on 127.0.0.22:8080.
`;

function configOf(args: readonly string[]): StandaloneConfig {
  const [option, file, ...rest] = args;
  if (option === undefined) return DEFAULT_CONFIG;
  if (option !== "--config" || file === undefined || rest.length > 0) throw new Error(USAGE);
  return parseStandaloneConfig(readFileSync(file, "utf8"));
}

/** Simulated clouds forget everything when they end, so arrays that remembered their volumes would not fit them. */
function keeping({ dataDirectory, clouds }: StandaloneConfig): Pick<WorldOptions, "bytes" | "memory"> {
  if (dataDirectory === undefined) return {};
  mkdirSync(dataDirectory, { recursive: true });
  const bytes = new FileBytes(dataDirectory);
  return clouds.length > 0 ? { bytes } : { bytes, memory: new ArraysFile(join(dataDirectory, "arrays.state")) };
}

function seed(world: World, { seed: kind = "workload", writeEveryMs = 1000 }: StandaloneConfig): void {
  for (const [index, cloud] of world.clouds.entries()) {
    if (kind === "none") return;
    const basics = seedBasics(cloud);
    if (kind === "basics") continue;
    const tenant = seedTenant(cloud, basics);
    if (index > 0) continue;
    for (const { server } of Object.values(seedThreeTier(cloud, tenant))) {
      if (writeEveryMs > 0) cloud.guest(server.id).startWriting(writeEveryMs);
    }
  }
}

async function main(): Promise<void> {
  const config = configOf(process.argv.slice(2));
  const world = createWorld({ ...config, ...keeping(config), clock: systemClock, random: systemRandom });
  seed(world, config);
  const certificate = config.certificate && {
    cert: readFileSync(config.certificate.certFile, "utf8"),
    key: readFileSync(config.certificate.keyFile, "utf8"),
  };
  const stop = await world.listen(certificate);
  for (const { name, origin } of world.services) process.stdout.write(`${name} ${origin}\n`);
  process.stdout.write("ready\n");
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  await stop();
  for (const problem of world.problems) {
    process.stderr.write(`${problem.kind} ${problem.where}: ${problem.message}\n`);
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
