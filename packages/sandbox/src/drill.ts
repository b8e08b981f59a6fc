import { writesOf } from "@protector/simulator";
import { protector } from "./commands.ts";
import { GROUP, type Stage } from "./scenario.ts";
import type { SandboxWorld } from "./world.ts";

/** A copy of a server while the test stood. */
export interface TestCopy {
  readonly name: string;
  readonly addresses: readonly string[];
  /** Writes of the server at site-a that the copy found on its disks. */
  readonly writes_found: number;
}

/** What a test failover and its clean-up came to, as the simulated clouds show it. */
export interface DrillOutcome {
  /** `completed`, or how the first of the two that did not complete ended. */
  readonly status: string;
  readonly copies: readonly TestCopy[];
  /** s until the last copy had booted. */
  readonly rto_seconds: number | null;
  /** Servers, volumes, ports and networks at site-b that were not there before. */
  readonly left: readonly string[];
}

interface Ended {
  readonly status: string;
  readonly downtime_seconds: number | null;
}

/** The test with its steps as they happen, a look at the copies, the clean-up. */
export async function testAndCleanUp(stage: Stage): Promise<DrillOutcome> {
  const { telling, line, sandbox } = stage;
  const before = new Set(objectsAt(sandbox));
  const start = ["test-failover", GROUP, "--yes"];
  telling.command(start);
  const test = (await protector(line, start, { shown: "progress" })) as Ended;
  const copies = copiesOf(sandbox);
  for (const { name, addresses, writes_found } of copies) {
    telling.line(`  ${telling.paint("cyan", name.padEnd(12))} ${addresses.join(", ")}  ${writes_found} writes found`);
  }
  telling.title("Clean-up");
  const end = ["test-cleanup", GROUP];
  telling.command(end);
  const cleanup = (await protector(line, end, { shown: "progress" })) as Ended;
  const left = objectsAt(sandbox).filter((object) => !before.has(object));
  telling.line(`  left at site-b: ${left.length === 0 ? telling.paint("green", "nothing") : left.join(", ")}`);
  return {
    status: test.status === "completed" ? cleanup.status : test.status,
    copies,
    rto_seconds: test.downtime_seconds,
    left,
  };
}

function copiesOf({ sites: [, { cloud }], servers }: SandboxWorld): readonly TestCopy[] {
  return servers.flatMap(({ server }) => {
    const copy = [...cloud.compute.servers.values()].find(({ name }) => name === `${server.name}-test`);
    if (!copy) return [];
    const disks = cloud.guests.find(copy.id)?.bootRecords[0]?.disks ?? [];
    const found = disks.flatMap(({ content }) => writesOf(content)).filter(({ writer }) => writer === server.id);
    const addresses = copy.nics.flatMap(
      ({ portId }) => cloud.networks.ports.get(portId)?.fixedIps.map(({ address }) => address) ?? [],
    );
    return [{ name: copy.name, addresses, writes_found: found.length }];
  });
}

function objectsAt({ sites: [, { cloud }] }: SandboxWorld): readonly string[] {
  return [
    ...[...cloud.compute.servers.keys()].map((id) => `server ${id}`),
    ...[...cloud.volumes.volumes.keys()].map((id) => `volume ${id}`),
    ...[...cloud.networks.ports.keys()].map((id) => `port ${id}`),
    ...[...cloud.networks.networks.keys()].map((id) => `network ${id}`),
  ];
}
