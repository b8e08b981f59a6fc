import type { Operation } from "@protector/contract";
import { expect } from "vitest";
import { lookAtServers, statesOf, wantedThere, withoutExtras } from "../story/check-recovery.ts";
import { diskFile, fillDisk, firstDifference } from "../story/guest-disks.ts";
import { type MadeServer, makeWorkload } from "../story/make-workload.ts";
import { arrayPolicy, protect, registerTenant } from "../story/protect.ts";
import { TenantApi } from "../story/protector-api.ts";
import type { Stage } from "../story/stage.ts";
import { makeSurroundings } from "../story/surroundings.ts";
import { makeTenancy, type Tenancy } from "../story/tenancy.ts";
import { smallServer } from "../story/workload.ts";

/** A protection group of one small server that is to be moved while something fails. */
export interface MovingGroup {
  readonly name: string;
  readonly server: MadeServer;
}

/** A tenant with protected groups, and the API at the site that they move to. */
export interface FaultStage {
  readonly stage: Stage;
  readonly tenancy: Tenancy;
  readonly groups: readonly MovingGroup[];
  readonly there: TenantApi;
}

/** A failover may have to wait for a service to come back, a lease to lapse, and its own retries. ms */
const END_LIMIT_MS = 600_000;

/** Makes groups of one server each, whose disks are full of random bytes. */
export async function makeMovingGroups(stage: Stage, names: readonly string[]): Promise<FaultStage> {
  const tenancy = await makeTenancy(stage, stage.unique("faults"));
  await makeSurroundings(stage, tenancy);
  const wanted = names.map((name, index) => smallServer(`${name}-01`, index, stage.image));
  const servers = await makeWorkload(stage, tenancy, wanted);
  await registerTenant(stage.sites, tenancy);
  const groups = names.map((name, index) => ({ name, server: servers[index] as MadeServer }));
  const policy = arrayPolicy(stage.sites);
  const [{ cloud, array }] = stage.sites;
  await Promise.all(
    groups.map(async ({ name, server }) => {
      for (const { id, wanted } of server.volumes) {
        if (array) fillDisk(await diskFile(cloud, array, id), wanted.gib);
      }
      await protect(tenancy, name, { servers: [server.wanted], policy, volumeType: stage.volumeType });
    }),
  );
  return { stage, tenancy, groups, there: new TenantApi(stage.sites[1].name, tenancy.logins[1]) };
}

/** Starts the failover of a group and does not wait. @returns its id. */
export async function startFailover({ tenancy }: FaultStage, name: string): Promise<string> {
  const started = await tenancy.member.tryProtector("failover", name, "--yes", "--no-wait", "-f", "json");
  if (started.code !== 0) throw new Error(`failover ${name}: ${started.stdout}${started.stderr}`);
  return (JSON.parse(started.stdout) as Operation).id;
}

/** Waits until the operation has a step of the phase under way. */
export async function awaitPhase({ there }: FaultStage, id: string, phase: string): Promise<void> {
  const isThere = (step: { phase: string; status: string }) => step.phase === phase && step.status === "running";
  const isPast = (step: { phase: string; status: string }) => step.phase === phase && step.status === "completed";
  await there.awaitStep(id, (step) => isThere(step) || isPast(step), `operation ${id} did not reach ${phase}`);
}

/**
 * The failover has ended right: exactly one set of servers runs, the right one, with the bytes of the source; the source
 * is parked and locked; nothing else is left of the operation at the second site.
 */
export async function expectMoved(faults: FaultStage, id: string, group: MovingGroup): Promise<void> {
  const { stage, tenancy, there } = faults;
  const operation = await there.awaitRest(id, END_LIMIT_MS);
  expect(operation, `${group.name}: ${operation.status_reason}`).toMatchObject({
    status: "completed",
    data_loss_seconds: 0,
    leftovers: [],
  });
  const far = { member: tenancy.member.atTheOtherSite, admin: tenancy.admin.atTheOtherSite };
  const { name } = group.server.wanted;
  const [servers = [], volumes = [], ports = []] = await far.member.openstackJson<
    readonly { ID: string; Name: string }[]
  >(["server", "list", "--name", `^${name}$`], ["volume", "list"], ["port", "list"]);
  expect(servers.map((each) => each.Name)).toEqual([name]);
  expect(volumes.filter((each) => each.Name.includes(id.replaceAll("-", "").slice(0, 12)))).toEqual([]);
  expect(volumes.filter((each) => each.Name === `${name}-root`)).toHaveLength(1);
  expect(ports.filter((each) => each.Name === `${name}-front`)).toHaveLength(1);
  const [found] = await lookAtServers(far, [servers[0]?.ID ?? ""]);
  if (!found) throw new Error("the server was not shown");
  expect(withoutExtras(found.seen, group.server)).toEqual(wantedThere(tenancy, group.server.wanted, stage.volumeType));
  await expectParked(faults, group);
  await expectSameBytes(stage, group.server, found.volumeIds);
  await expectNoClones(stage, id);
}

/** A source that was not parked in time is a duty, which is done when its cloud answers again. */
async function expectParked({ tenancy }: FaultStage, { server }: MovingGroup): Promise<void> {
  await expect
    .poll(async () => (await statesOf(tenancy.admin, [server.id]))[0], { timeout: 180_000, interval: 5_000 })
    .toMatchObject({ status: "SHELVED_OFFLOADED", isLocked: true });
}

async function expectSameBytes(stage: Stage, server: MadeServer, volumeIds: readonly string[]): Promise<void> {
  const [here, there] = stage.sites;
  if (!here.array || !there.array) return;
  for (const [index, { id, wanted }] of server.volumes.entries()) {
    const source = await diskFile(here.cloud, here.array, id);
    const copy = await diskFile(there.cloud, there.array, volumeIds[index] ?? "");
    expect(await firstDifference(source, copy), wanted.name).toBeUndefined();
  }
}

/** Clones that were never managed, under the names of any lease, are gone from the second array. */
async function expectNoClones({ sites }: Stage, id: string): Promise<void> {
  const prefix = `protector-${id.replaceAll("-", "").slice(0, 12)}`;
  const names = Array.from({ length: 30 }, (_, index) => `${prefix}-${(index % 3) + 1}-l${Math.floor(index / 3) + 1}`);
  expect(await sites[1].array?.array.findVolumes(names)).toEqual([]);
}
