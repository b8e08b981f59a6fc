import { writesOf } from "@protector/simulator";
import { protector } from "./commands.ts";
import type { MemberOutcome } from "./outcome.ts";
import { failOver, GROUP, type Stage } from "./scenario.ts";
import type { SandboxWorld } from "./world.ts";

/** A way away and home again, as the simulated clouds show it. */
export interface CycleOutcome {
  /** `completed`, or how the first operation that did not complete ended. */
  readonly status: string;
  readonly members: readonly HomeOutcome[];
  /** Servers, volumes and ports at site-b that were not there before. */
  readonly left: readonly string[];
}

/** What became of a server that came home; the times and writes are those of site-b. */
export interface HomeOutcome extends MemberOutcome {
  /** It has the id, the ports and the volumes that it had before it left. */
  readonly is_same_server: boolean;
}

interface Ended {
  readonly status: string;
}

/** Fails over, replicates back and comes home; the servers write wherever they run. */
export async function goAndComeHome(stage: Stage): Promise<CycleOutcome> {
  const { sandbox, telling, line } = stage;
  const before = new Set(objectsAway(sandbox));
  const identities = identitiesOf(sandbox);
  telling.title("Planned failover to site-b");
  const away = await failOver(stage);
  const left = successorsOf(sandbox);
  const ask = async (title: string, words: readonly string[]) => {
    telling.title(title);
    telling.command(words);
    return (await protector(line, words, { shown: "progress" })) as Ended;
  };
  const back = await ask("Replicating back", ["reprotect", GROUP, "--yes"]);
  const home = await ask("Coming home", ["failback", GROUP, "--yes"]);
  const statuses = [away, back, home].map(({ status }) => status);
  return {
    status: statuses.find((status) => status !== "completed") ?? "completed",
    members: sandbox.servers.map(({ server }) => {
      const isSame = identities.get(server.name) === identitiesOf(sandbox).get(server.name);
      return { ...observeHome(sandbox, server.name, left.get(server.name)), is_same_server: isSame };
    }),
    left: objectsAway(sandbox).filter((object) => !before.has(object)),
  };
}

type Guest = NonNullable<ReturnType<SandboxWorld["sites"][number]["cloud"]["guests"]["find"]>>;

/** Guests at site-b by name: they are gone when the servers are home. */
function successorsOf({ sites: [, { cloud }] }: SandboxWorld): ReadonlyMap<string, Guest> {
  const servers = [...cloud.compute.servers.values()];
  return new Map(
    servers.flatMap(({ id, name }) => {
      const guest = cloud.guests.find(id);
      return guest ? [[name, guest] as const] : [];
    }),
  );
}

/** Compares what the server wrote at site-b with what it found on its disks when it booted at home. */
function observeHome(
  { sites: [{ name: siteName, cloud }] }: SandboxWorld,
  name: string,
  successor: Guest | undefined,
): MemberOutcome {
  const server = [...cloud.compute.servers.values()].find((each) => each.name === name && each.vmState === "active");
  const boot = server && cloud.guests.find(server.id)?.bootRecords.at(-1);
  const found = (boot?.disks ?? [])
    .flatMap(({ content }) => writesOf(content))
    .filter(({ writer }) => writer === successor?.server.id)
    .sort((a, b) => a.sequence - b.sequence);
  const last = found.at(-1);
  const writes = successor?.sequence ?? 0;
  return {
    name,
    running_on: server ? siteName : null,
    server_id: server?.id ?? null,
    addresses: (server?.nics ?? []).flatMap(
      ({ portId }) => cloud.networks.ports.get(portId)?.fixedIps.map(({ address }) => address) ?? [],
    ),
    last_write_at: last ? new Date(last.at).toISOString() : null,
    first_read_at: boot ? new Date(boot.at).toISOString() : null,
    writes,
    writes_lost: boot ? writes - new Set(found.map(({ sequence }) => sequence)).size : 0,
    downtime_seconds: boot && last ? (boot.at - last.at) / 1000 : null,
    rpo_seconds: 0,
  };
}

function identitiesOf({ sites: [{ cloud }], servers }: SandboxWorld): ReadonlyMap<string, string> {
  return new Map(
    servers.map(({ server: { name } }) => {
      const now = [...cloud.compute.servers.values()].find((each) => each.name === name);
      const parts = [now?.id, ...(now?.nics ?? []).map(({ portId }) => portId)];
      return [name, [...parts, ...(now?.disks ?? []).map(({ volumeId }) => volumeId)].join(" ")] as const;
    }),
  );
}

function objectsAway({ sites: [, { cloud }] }: SandboxWorld): readonly string[] {
  return [
    ...[...cloud.compute.servers.keys()].map((id) => `server ${id}`),
    ...[...cloud.volumes.volumes.keys()].map((id) => `volume ${id}`),
    ...[...cloud.volumes.groups.keys()].map((id) => `volume group ${id}`),
    ...[...cloud.networks.ports.keys()].map((id) => `port ${id}`),
  ];
}
