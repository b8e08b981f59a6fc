import { ProtectorError } from "@protector/contract";
import { type Cloud, connectCloud, type Volume } from "@protector/openstack";
import { OutsideError } from "@protector/ports";
import { markerName, type StorageArray } from "@protector/storage";
import type { EnginePorts } from "../engine-ports.ts";
import { openTenantCloud } from "../world/tenant-access.ts";
import type { CheckList, Finding } from "./check-list.ts";
import { systemRequestId } from "./request-id.ts";

/** What a proof works on. */
export interface Proof {
  readonly list: CheckList;
  readonly array: StorageArray;
  /** Administrator's session of this site. */
  readonly session: Cloud;
  /** `host@backend#pool` */
  readonly cinderHost: string;
}

const REMEDY =
  'Allow it in Cinder\'s policy (volume_extension:volume_manage: "rule:admin_or_owner"), or give the service user a role in the project: openstack role add --project PROJECT --user protector admin.';
const WITHIN_MS = 120_000;
const POLL_MS = 2_000;

/**
 * Takes a 1 MiB volume of the array into Cinder as a recovery would, and deletes it. Says which way is in force: members may
 * manage volumes (open), or only administrators and the service user may (closed).
 */
export async function proveManage(ports: EnginePorts, proof: Proof): Promise<void> {
  await proof.list.make({ check: "cinder.manage", remedy: REMEDY, look: () => prove(ports, proof) });
}

async function prove(ports: EnginePorts, proof: Proof): Promise<Finding> {
  const trust = await ports.connection.db
    .selectFrom("trusts")
    .select(["project_id", "user_id"])
    .where("state", "=", "made")
    .where("is_usable", "=", 1)
    .orderBy("created_at", "desc")
    .executeTakeFirst();
  if (!trust) {
    const reason = "Whether members may manage volumes is not known: no trust exists here yet.";
    return { result: "warning", reason, remedy: "Validate again when a tenant has made a protection group." };
  }
  const tenant = await asTenant(ports, { projectId: trust.project_id, userId: trust.user_id });
  if (await manageAndDelete(ports, proof, tenant)) {
    return { result: "ok", reason: "Members may manage volumes (open way); one of 1 MiB was managed and deleted." };
  }
  const service = asServiceUser(ports, trust.project_id);
  if (service && (await manageAndDelete(ports, proof, service))) {
    const reason =
      "Only administrators may manage volumes (closed way): the service user does, with its role in the project.";
    return { result: "ok", reason };
  }
  const reason = "Members may not manage volumes, and the service user has no role in the project that may.";
  return { result: "error", reason, remedy: REMEDY };
}

function asTenant(ports: EnginePorts, of: { readonly projectId: string; readonly userId: string }): Promise<Cloud> {
  const { connection, settings, transport, clock, random } = ports;
  const serviceUser = { ...settings.ownCloud, timeoutMs: settings.callTimeoutMs };
  const request = { ...of, requestId: systemRequestId(ports) };
  return openTenantCloud(connection, { serviceUser, ports: { transport, clock, random } }, request);
}

/** Undefined when the service user logs in by an application credential, which has one project only. */
function asServiceUser(ports: EnginePorts, projectId: string): Cloud | undefined {
  const { settings, transport, clock, random } = ports;
  const { credential } = settings.ownCloud;
  if (credential.kind !== "password" && credential.kind !== "password_by_id") return undefined;
  const scoped = { ...credential, scope: { kind: "project_by_id", projectId } as const };
  return connectCloud({ ...settings.ownCloud, credential: scoped }, { transport, clock, random });
}

/** False when the caller may not. Leaves nothing, whatever happens. */
async function manageAndDelete(ports: EnginePorts, proof: Proof, caller: Cloud): Promise<boolean> {
  const { array, session } = proof;
  // The driver's one way to make a small volume outside every group is a marker: of a group that does not exist.
  const marker = { groupId: ports.random.uuid(), epoch: 0, holder: undefined };
  const reference = markerName(marker);
  await array.ensureMarker(marker);
  try {
    await manage(ports, proof, { caller, reference });
    return true;
  } catch (error) {
    const status = error instanceof OutsideError ? error.failure.status : undefined;
    if (status === 401 || status === 403) return false;
    throw error;
  } finally {
    for (const volume of await session.volume.listVolumes({ name: reference, allProjects: true })) {
      await removeFromCinder(ports, session, volume);
    }
    await array.destroyMarker(marker.groupId);
  }
}

async function manage(
  ports: EnginePorts,
  { array, session, cinderHost }: Proof,
  { caller, reference }: { readonly caller: Cloud; readonly reference: string },
): Promise<void> {
  const volumeType = await typeFor(session, cinderHost);
  const made = await caller.volume.manageVolume({
    host: cinderHost,
    reference,
    name: reference,
    description: "Protector validates this site",
    volumeType,
    isBootable: false,
    metadata: {},
  });
  const managed = await settled(ports, session, made.id);
  if (managed?.status !== "available") {
    throw new ProtectorError(
      "cloud.volume_error",
      `Cinder took ${reference} as volume ${made.id}: ${managed?.status}.`,
    );
  }
  await removeFromCinder(ports, session, managed);
  const { providerId } = managed;
  if (providerId && (await array.findVolume(providerId))) {
    throw new ProtectorError("storage.refused", `Volume ${providerId} is still on the array after Cinder deleted it.`);
  }
}

/** One of the backend's own types, not replicated if there is one. */
async function typeFor(session: Cloud, cinderHost: string): Promise<string> {
  const [types, pools] = await Promise.all([session.volume.listTypes(), session.volume.listPools()]);
  const backend = pools.find((pool) => pool.name === cinderHost)?.capabilities.volume_backend_name;
  const own = types.filter((type) => {
    const wanted = type.extraSpecs.volume_backend_name;
    return wanted === undefined || wanted === backend;
  });
  const isReplicated = (type: (typeof own)[number]) => /true/i.test(type.extraSpecs.replication_enabled ?? "");
  const best = own.find((type) => !isReplicated(type)) ?? own[0];
  if (best) return best.name;
  throw new ProtectorError("site.not_validated", `No volume type leads to ${cinderHost}.`);
}

async function settled(ports: EnginePorts, session: Cloud, id: string): Promise<Volume | undefined> {
  const until = ports.clock.now() + WITHIN_MS;
  for (;;) {
    const volume = await session.volume.findVolume(id);
    const isMoving = volume && ["creating", "managing", "deleting"].includes(volume.status);
    if (!isMoving || ports.clock.now() >= until) return volume;
    await ports.clock.sleep(POLL_MS);
  }
}

async function removeFromCinder(ports: EnginePorts, session: Cloud, volume: Volume): Promise<void> {
  await settled(ports, session, volume.id);
  await session.volume.deleteVolume(volume.id);
  const left = await settled(ports, session, volume.id);
  if (left) throw new ProtectorError("cloud.volume_error", `Volume ${volume.id} is ${left.status} and not deleted.`);
}
