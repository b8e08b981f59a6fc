import { OutsideError } from "@protector/ports";
import type { Transaction } from "kysely";
import { writeJson } from "../../db/codecs.ts";
import { insertDuty } from "../../db/repositories/duties.ts";
import type { Database } from "../../db/schema.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { WORKED_STATUSES } from "../runner/lease.ts";
import { loadOperation, loadSteps, type OperationRow } from "../runner/operation-store.ts";
import { openSite } from "../world/group-access.ts";
import { cinderGroupName } from "../world/group-names.ts";
import type { SiteAccess } from "../world/site-access.ts";
import { type DutyOutcome, type DutyScene, LEFTOVERS_DUTY } from "./duty.ts";

/** ms after the end of an operation by which every late call has arrived: twice the services' request time limit. */
const LOOK_AFTER_MS = 120_000;

/**
 * Makes a second look for leftovers due, when more than one engine has worked on the operation: a call of the former one may
 * still arrive. Called in the transaction that ends the operation.
 * @param siteId where the operation made its objects.
 */
export async function oweLeftoverScan(
  trx: Transaction<Database>,
  ports: Pick<EnginePorts, "connection" | "random">,
  operation: Pick<OperationRow, "id" | "protection_group_id" | "lease_number">,
  siteId: string,
): Promise<void> {
  if (operation.lease_number <= 1) return;
  const known = await trx
    .selectFrom("duties")
    .select("id")
    .where("operation_id", "=", operation.id)
    .where("kind", "=", LEFTOVERS_DUTY)
    .where("site_id", "=", siteId)
    .where("state", "=", "owed")
    .executeTakeFirst();
  if (known) return;
  await insertDuty(trx, {
    id: ports.random.uuid(),
    protection_group_id: operation.protection_group_id,
    operation_id: operation.id,
    site_id: siteId,
    kind: LEFTOVERS_DUTY,
    subject: "Look for what late calls have made",
    input: writeJson({}),
    reason: "more than one engine worked on the operation",
    next_look_at: ports.connection.fromNow(LOOK_AFTER_MS),
    created_at: ports.connection.now(),
  });
}

/** One object of the operation that nothing knows of. */
interface Leftover {
  readonly label: string;
  remove(): Promise<unknown>;
}

interface Search {
  readonly scene: DutyScene;
  readonly site: SiteAccess;
  readonly operation: OperationRow;
  /** `protector-<12 hex of the operation>`: beginning of every name that it gives. */
  readonly prefix: string;
  /** Ids that the ledger or the group's rows know. */
  readonly known: ReadonlySet<string>;
  /** Names that clones of this operation can have on the array. */
  readonly cloneNames: readonly string[];
}

/**
 * Deletes what carries the operation's own names at a site, is in use by nothing and stands in no row; done when a look
 * afterwards finds nothing.
 */
export async function removeLeftovers(scene: DutyScene): Promise<DutyOutcome> {
  const { ports, duty, view } = scene;
  const operation = await loadOperation(ports.connection, duty.operation_id ?? "");
  const worked: readonly string[] = WORKED_STATUSES;
  if (worked.includes(operation.status)) return { kind: "kept", reason: "the operation is being worked on again" };
  if (!view.policy) return { kind: "void", reason: "the group's policy was deleted, with all that it stood for" };
  const requestId = operation.request_id ?? `req-${operation.id}`;
  const access = { view, transport: ports.transport, userId: operation.user_id, requestId };
  const site = await openSite(ports, access, duty.site_id);
  try {
    const search = await prepareSearch(scene, site, operation);
    const found = await findLeftovers(search);
    for (const leftover of found) await ignoreGone(leftover.remove());
    const left = found.length === 0 ? [] : await findLeftovers(search);
    if (left.length === 0) return { kind: "done" };
    return { kind: "kept", reason: `being deleted: ${left.map(({ label }) => label).join(", ")}` };
  } finally {
    await site.array.close();
  }
}

async function prepareSearch(scene: DutyScene, site: SiteAccess, operation: OperationRow): Promise<Search> {
  const { ports, view } = scene;
  const ledger = await ports.connection.db
    .selectFrom("resource_ledger")
    .select("external_id")
    .where("protection_group_id", "=", view.group.id)
    .where("state", "in", ["present", "adopted"])
    .where("external_id", "is not", null)
    .execute();
  const known = [
    ...ledger.map((row) => row.external_id),
    ...view.members.flatMap(({ row }) => [row.home_server_id, row.peer_server_id]),
    ...view.volumes.map((row) => row.volume_id),
  ];
  const steps = await loadSteps(ports.connection, operation.id);
  const temporaryNames = steps.flatMap((step) => (step.input as { temporaryName?: string }).temporaryName ?? []);
  const leases = Array.from({ length: operation.lease_number }, (_, index) => index + 1);
  return {
    scene,
    site,
    operation,
    prefix: `protector-${operation.id.replaceAll("-", "").slice(0, 12)}`,
    known: new Set(known.filter((id) => id !== null)),
    cloneNames: temporaryNames.flatMap((name) => leases.map((lease) => `${name}-l${lease}`)),
  };
}

/** Servers first: what they hold is free only after them. */
async function findLeftovers(search: Search): Promise<readonly Leftover[]> {
  return [
    ...(await servers(search)),
    ...(await floatingIps(search)),
    ...(await ports(search)),
    ...(await volumes(search)),
    ...(await clones(search)),
    ...(await networks(search)),
    ...(await cinderGroups(search)),
  ];
}

async function servers({ site, prefix, known }: Search): Promise<readonly Leftover[]> {
  const all = await site.admin.compute.listServers({ projectId: site.projectId, allProjects: true });
  return all
    .filter((server) => !known.has(server.id) && server.tags.some((tag) => tag.startsWith(`${prefix}-`)))
    .map(({ id, name }) => ({ label: `server ${name} (${id})`, remove: () => site.admin.compute.deleteServer(id) }));
}

async function floatingIps({ site, prefix, known }: Search): Promise<readonly Leftover[]> {
  const { network } = site.admin;
  const all = await network.listFloatingIps({ projectId: site.projectId });
  return all
    .filter(({ id, portId, description }) => !known.has(id) && portId === null && description.startsWith(`${prefix}-`))
    .map(({ id, address }) => ({ label: `floating IP ${address}`, remove: () => network.deleteFloatingIp(id) }));
}

async function ports({ site, operation, known }: Search): Promise<readonly Leftover[]> {
  const { network } = site.admin;
  const beginning = `Protector operation ${operation.id},`;
  const all = await network.listPorts({ projectId: site.projectId });
  return all
    .filter(({ id, deviceId, description }) => !known.has(id) && deviceId === "" && description.startsWith(beginning))
    .map(({ id }) => ({ label: `port ${id}`, remove: () => network.deletePort(id) }));
}

async function volumes({ site, prefix, known }: Search): Promise<readonly Leftover[]> {
  const { volume } = site.admin;
  const all = await volume.listVolumes({ projectId: site.projectId });
  return all
    .filter(({ id, name, attachments }) => {
      return !known.has(id) && attachments.length === 0 && name.startsWith(`${prefix}-`);
    })
    .map(({ id, name }) => ({ label: `volume ${name} (${id})`, remove: () => volume.deleteVolume(id) }));
}

/** Clones that were never managed: Cinder renames those that were. */
async function clones({ site, cloneNames }: Search): Promise<readonly Leftover[]> {
  if (cloneNames.length === 0) return [];
  const all = await site.array.findVolumes(cloneNames);
  return all
    .filter(({ connectionCount }) => connectionCount === 0)
    .map(({ id, name }) => ({ label: `array volume ${name}`, remove: () => site.array.destroyVolume(name, id) }));
}

/** A second, empty copy of a network that a test made. */
async function networks({ site, prefix, known }: Search): Promise<readonly Leftover[]> {
  const { network } = site.admin;
  const all = await network.listNetworks({ projectId: site.projectId });
  return all
    .filter(({ id, name }) => !known.has(id) && name.startsWith(`${prefix}-`))
    .map(({ id, name }) => ({ label: `network ${name} (${id})`, remove: () => network.deleteNetwork(id) }));
}

/** A second, empty Cinder group of the protection group. */
async function cinderGroups({ site, scene, known }: Search): Promise<readonly Leftover[]> {
  if (!site.isOwn) return [];
  const { volume } = await site.tenant();
  const all = await volume.listGroups({ name: cinderGroupName(scene.view.group.id) });
  const recorded = new Set(scene.view.consistencyGroups.map((row) => row.cinder_group_id));
  return all
    .filter(({ id, volumeIds }) => !known.has(id) && !recorded.has(id) && volumeIds.length === 0)
    .map(({ id, name }) => ({ label: `Cinder group ${name} (${id})`, remove: () => volume.deleteGroup(id) }));
}

async function ignoreGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof OutsideError && error.failure.status === 404)) throw error;
  }
}
