import { type SeededServer, writesOf } from "@protector/simulator";
import type { SandboxWorld } from "./world.ts";

/** What became of one server of the workload. */
export interface MemberOutcome {
  readonly name: string;
  /** Where it runs now; null = nowhere. */
  readonly running_on: string | null;
  readonly server_id: string | null;
  readonly addresses: readonly string[];
  /** Last write of the server at the site it left. */
  readonly last_write_at: string | null;
  /** First boot at the site it came to: what its disks held then is what survived. */
  readonly first_read_at: string | null;
  /** Writes made at the site it left, and those of them that the first boot at the other did not find. */
  readonly writes: number;
  readonly writes_lost: number;
  readonly downtime_seconds: number | null;
  /** Age of the oldest lost write at the last one; 0 when none is lost. */
  readonly rpo_seconds: number;
}

/**
 * Compares what each server wrote at site-a with what its successor found on its disks at site-b. This looks into the
 * simulated guests, not at what Protector says about them.
 */
export function observeFailover(sandbox: SandboxWorld): readonly MemberOutcome[] {
  return sandbox.servers.map((seeded) => observeServer(sandbox, seeded));
}

function observeServer({ sites: [from, to] }: SandboxWorld, { server, volumes }: SeededServer): MemberOutcome {
  const made = volumes
    .flatMap((volume) => writesOf(volume.backend.array.content(volume.providerId ?? "")))
    .filter(({ writer }) => writer === server.id)
    .sort((a, b) => a.sequence - b.sequence);
  const last = made.at(-1);
  const site = [to, from].find(({ cloud }) => runningServer(cloud, server.name));
  const successor = runningServer(to.cloud, server.name);
  const boot = successor && to.cloud.guests.find(successor.id)?.bootRecords[0];
  const found = new Set(
    (boot?.disks ?? []).flatMap(({ content }) =>
      writesOf(content).flatMap((write) => (write.writer === server.id ? write.sequence : [])),
    ),
  );
  const lost = made.filter(({ sequence }) => !found.has(sequence));
  const current = site && runningServer(site.cloud, server.name);
  return {
    name: server.name,
    running_on: site?.name ?? null,
    server_id: current?.id ?? null,
    addresses: site && current ? addressesOf(site.cloud, current.nics) : [],
    last_write_at: last ? new Date(last.at).toISOString() : null,
    first_read_at: boot ? new Date(boot.at).toISOString() : null,
    writes: made.length,
    writes_lost: boot ? lost.length : 0,
    downtime_seconds: boot && last ? (boot.at - last.at) / 1000 : null,
    rpo_seconds: boot && last && lost[0] ? (last.at - lost[0].at) / 1000 : 0,
  };
}

type Cloud = SandboxWorld["sites"][number]["cloud"];

function runningServer(cloud: Cloud, name: string) {
  return [...cloud.compute.servers.values()].find((each) => each.name === name && each.vmState === "active");
}

function addressesOf(cloud: Cloud, nics: readonly { readonly portId: string }[]): readonly string[] {
  return nics.flatMap(({ portId }) => cloud.networks.ports.get(portId)?.fixedIps.map(({ address }) => address) ?? []);
}
