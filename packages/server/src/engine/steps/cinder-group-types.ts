import type { VolumeType } from "@protector/openstack";
import { isSyncType } from "../plans/failover-checks.ts";
import type { SiteAccess } from "../world/site-access.ts";

/**
 * Volume types that the Cinder group of a protection group can be made with: those of its volumes, and what replicates as the
 * group does. Cinder looks for one backend that fits all of them, and finds none for types of different ones; the driver
 * puts a group into the pod as soon as one of its types belongs there, and then takes no other volumes.
 * @param volumeIds volumes that are to be in it.
 */
export async function typesOfCinderGroup(
  here: SiteAccess,
  volumeIds: readonly string[],
): Promise<readonly VolumeType[]> {
  const types = await here.admin.volume.listTypes();
  if (!here.array.holdsData) return types;
  const volumes = volumeIds.length === 0 ? [] : await (await here.tenant()).volume.listVolumes({});
  const ownNames = new Set(volumes.filter(({ id }) => volumeIds.includes(id)).map(({ typeName }) => typeName));
  const own = types.filter(({ name }) => ownNames.has(name));
  const alike = types.filter((type) => isReplicated(type) && isSyncType(type) === (here.pod !== undefined));
  const backend = await backendOf(here, own.length > 0 ? own : alike);
  return [...new Set([...own, ...alike.filter((type) => backend === undefined || backendIn(type) === backend)])];
}

const isReplicated = ({ extraSpecs }: VolumeType) => /true/i.test(extraSpecs.replication_enabled ?? "");
const backendIn = ({ extraSpecs }: VolumeType) => extraSpecs.volume_backend_name;

/** The backend that the types lead to; of several that of the group's array, as Protector knows it. Undefined: any. */
async function backendOf(here: SiteAccess, types: readonly VolumeType[]): Promise<string | undefined> {
  const [first, ...others] = [...new Set(types.map(backendIn))].filter((name) => name !== undefined);
  if (others.length === 0) return first;
  const host = await here.cinderHost();
  const pools = await here.admin.volume.listPools();
  const name = pools.find((pool) => pool.name === host)?.capabilities.volume_backend_name;
  return typeof name === "string" ? name : undefined;
}
