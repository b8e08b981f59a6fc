import type { ArrayDescription, CloudDescription, World } from "@protector/simulator";

/** An object of a cloud or an array that somebody made. */
export interface Thing {
  /** Cloud or array. */
  readonly where: string;
  readonly kind: string;
  /** What its owner is known by; of an array's objects the name. */
  readonly id: string;
  readonly name: string;
  /** What it belongs to: the server of a port, the group of a point, the array's volume of Cinder's. */
  readonly of: string | undefined;
}

type Plain = Readonly<Record<string, unknown>>;

/** Everything at both clouds and arrays that an operation could leave behind; what an array has destroyed is gone. */
export function thingsOf(world: World): readonly Thing[] {
  const { clouds, arrays } = world.describe();
  return [...clouds.flatMap(thingsOfCloud), ...arrays.flatMap(thingsOfArray)];
}

/** One line of a list of things. */
export function tellThing({ where, kind, name, id }: Thing): string {
  return `${where}: ${kind} ${name === id ? name : `${name} (${id})`}`;
}

function thingsOfCloud(cloud: CloudDescription): readonly Thing[] {
  const all = (kind: string, rows: readonly Plain[], of?: string) =>
    rows.map((row) => ({
      where: cloud.name,
      kind,
      id: String(row.id ?? row.name),
      name: String(row.name ?? row.id),
      of: of === undefined || row[of] == null ? undefined : String(row[of]),
    }));
  return [
    ...all("server", cloud.servers),
    ...all("volume", cloud.volumes, "arrayVolume"),
    ...all("port", cloud.ports, "deviceId"),
    ...all("network", cloud.networks),
    ...all("floating_ip", cloud.floatingIps),
    ...all("security_group", cloud.securityGroups),
    ...all("server_group", cloud.serverGroups),
    ...all("keypair", cloud.keypairs),
    ...all("cinder_group", cloud.volumeGroups),
  ];
}

function thingsOfArray(array: ArrayDescription): readonly Thing[] {
  const all = (kind: string, rows: readonly { readonly name: string; readonly isDestroyed: boolean }[]) =>
    rows
      .filter(({ isDestroyed }) => !isDestroyed)
      .map(({ name }) => ({ where: array.name, kind, id: name, name, of: undefined }));
  return [
    ...all("array_volume", array.volumes),
    ...all("array_group", array.groups),
    ...all("recovery_point", array.points),
    ...all("volume_snapshot", array.snapshots),
  ];
}
