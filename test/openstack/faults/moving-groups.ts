import type { Operation, ProtectionGroup } from "@protector/contract";
import { diskFile, fillDisk } from "../story/guest-disks.ts";
import { type MadeServer, makeWorkload } from "../story/make-workload.ts";
import { arrayPolicy, protect, registerTenant } from "../story/protect.ts";
import { TenantApi } from "../story/protector-api.ts";
import type { Stage } from "../story/stage.ts";
import { makeSurroundings } from "../story/surroundings.ts";
import { makeTenancy, type Tenancy } from "../story/tenancy.ts";
import { blankServer } from "../story/workload.ts";

/** A protection group of one small server that is to be moved while something fails. */
export interface MovingGroup {
  readonly name: string;
  readonly id: string;
  readonly server: MadeServer;
  /** Epoch before it is moved. */
  readonly epoch: number;
}

/** A tenant with protected groups. */
export interface FaultStage {
  readonly stage: Stage;
  readonly tenancy: Tenancy;
  readonly groups: readonly MovingGroup[];
}

/** Makes groups of one server each, whose disks are full of random bytes. */
export async function makeMovingGroups(stage: Stage, names: readonly string[]): Promise<FaultStage> {
  const tenancy = await makeTenancy(stage, stage.unique("faults"));
  await makeSurroundings(stage, tenancy);
  const servers = await makeWorkload(
    stage,
    tenancy,
    names.map((name, index) => blankServer(`${name}-01`, index)),
  );
  await registerTenant(stage.sites, tenancy);
  const groups = await Promise.all(
    servers.map((server, index) => protectOne({ stage, tenancy }, names[index] ?? "", server)),
  );
  return { stage, tenancy, groups };
}

/** The group of that name. @throws Error when it was not made. */
export function groupNamed({ groups }: FaultStage, name: string): MovingGroup {
  const found = groups.find((group) => group.name === name);
  if (!found) throw new Error(`no group ${name}`);
  return found;
}

/** Starts the failover of a group and does not wait. @returns its id. */
export async function startFailover({ tenancy }: Pick<FaultStage, "tenancy">, name: string): Promise<string> {
  const started = await tenancy.member.tryProtector("failover", name, "--yes", "--no-wait", "-f", "json");
  if (started.code !== 0) throw new Error(`failover ${name}: ${started.stdout}${started.stderr}`);
  return (JSON.parse(started.stdout) as Operation).id;
}

/**
 * Waits until the operation has a step of the phase under way, or one behind it.
 * @returns keys of the steps that are under way.
 */
export async function awaitPhase(faults: FaultStage, id: string, phase: string): Promise<readonly string[]> {
  const there = apiThere(faults);
  await there.awaitStep(
    id,
    (step) => step.phase === phase && (step.status === "running" || step.status === "completed"),
    `operation ${id} did not reach ${phase}`,
  );
  return (await there.steps(id)).filter(({ status }) => status === "running").map(({ key }) => key);
}

/** Protector at the second site in the tenant's name, with a token of its own. */
export function apiThere({ stage, tenancy }: Pick<FaultStage, "stage" | "tenancy">): TenantApi {
  return new TenantApi(stage.sites[1].name, tenancy.logins[1]);
}

async function protectOne(
  { stage, tenancy }: Pick<FaultStage, "stage" | "tenancy">,
  name: string,
  server: MadeServer,
): Promise<MovingGroup> {
  const [{ cloud, array }] = stage.sites;
  for (const { id, wanted } of server.volumes) {
    if (array) fillDisk(await diskFile(cloud, array, id), wanted.gib);
  }
  const options = { servers: [server.wanted], policy: arrayPolicy(stage.sites), volumeType: stage.volumeType };
  await protect(tenancy, name, options);
  const { id, epoch } = await tenancy.member.protector<ProtectionGroup>("protection-group", "show", name);
  return { name, id, server, epoch };
}
