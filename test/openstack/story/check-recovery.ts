import type { MadeServer } from "./make-workload.ts";
import type { Person } from "./person.ts";
import { flavorName } from "./surroundings.ts";
import type { Tenancy } from "./tenancy.ts";
import { KEY_NAME, otherName, type WantedServer } from "./workload.ts";

/** A server as `openstack server show` gives it. */
interface ShownServer {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly description: string | null;
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  readonly key_name: string | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly security_groups: readonly { readonly name: string }[];
  readonly flavor: unknown;
  readonly locked: boolean;
  readonly locked_reason: string | null;
  readonly "OS-EXT-SRV-ATTR:user_data": string | null;
}

interface ShownVolume {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly status: string;
  readonly size: number;
  readonly type: string;
  readonly bootable: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly volume_image_metadata?: Readonly<Record<string, string>>;
}

/** A server of the workload, told in the words of the `openstack` client. */
export interface SeenServer {
  readonly name: string;
  readonly status: string;
  readonly description: string | null;
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  readonly macs: readonly string[];
  readonly keyName: string | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly securityGroups: readonly string[];
  readonly flavor: string;
  readonly userData: string | null;
  /** In the order of their devices. */
  readonly volumes: readonly SeenVolume[];
}

export interface SeenVolume {
  readonly name: string;
  readonly description: string | null;
  readonly status: string;
  readonly gib: number;
  readonly type: string;
  readonly isBootable: boolean;
  readonly properties: Readonly<Record<string, string>>;
  readonly imageProperties: Readonly<Record<string, string>>;
}

/** Cinder's own keys of a volume's metadata, which differ by array. */
const CINDER_KEYS = ["array_volume_name", "array_name"];

/** Servers at the near site as the `openstack` client shows them, and the ids of their volumes in device order. */
export async function lookAtServers(
  { member, admin }: Pick<Tenancy, "member" | "admin">,
  ids: readonly string[],
): Promise<readonly { readonly seen: SeenServer; readonly volumeIds: readonly string[] }[]> {
  const [shown, ports, disks, hidden] = await Promise.all([
    member.openstackJson<ShownServer>(...ids.map((id) => ["server", "show", id])),
    member.openstackJson<readonly { "MAC Address": string }[]>(...ids.map((id) => ["port", "list", "--server", id])),
    member.openstackJson<readonly { "Volume ID": string; Device: string }[]>(
      ...ids.map((id) => ["server", "volume", "list", id]),
    ),
    admin.openstackJson<ShownServer>(...ids.map((id) => ["server", "show", id])),
  ]);
  const inOrder = disks.map((list) =>
    [...list].sort((x, y) => (x.Device < y.Device ? -1 : 1)).map((disk) => disk["Volume ID"]),
  );
  const volumes = await member.openstackJson<ShownVolume>(...inOrder.flat().map((id) => ["volume", "show", id]));
  return shown.map((server, index) => {
    const volumeIds = inOrder[index] ?? [];
    const seen = {
      ...describe(server),
      macs: (ports[index] ?? []).map((port) => port["MAC Address"]).sort(),
      userData: userDataOf(hidden[index]),
      volumes: volumeIds.flatMap((id) => volumes.filter((volume) => volume.id === id).map(describeVolume)),
    };
    return { seen, volumeIds };
  });
}

/** What has to be seen at the second site of a server of the workload. */
export function wantedThere(tenancy: Tenancy, server: WantedServer, volumeType: string): SeenServer {
  const { userData } = server;
  return {
    name: server.name,
    status: "ACTIVE",
    description: server.description,
    addresses: Object.fromEntries(server.nics.map((nic) => [otherName(nic.network), [nic.address]])),
    macs: server.nics.map((nic) => nic.mac).sort(),
    keyName: KEY_NAME,
    properties: server.properties,
    tags: [...server.tags].sort(),
    securityGroups: [...new Set(server.nics.map((nic) => otherName(nic.securityGroup)))].sort(),
    flavor: otherName(flavorName(tenancy.name, server.flavor)),
    userData: userData?.policy === "keep" ? userData.text : null,
    volumes: server.volumes.map((volume) => ({
      name: volume.name,
      description: `disk-of-${volume.name}`,
      status: "in-use",
      gib: volume.gib,
      type: volumeType,
      isBootable: volume.isBootable,
      properties: volume.properties,
      imageProperties: volume.imageProperties,
    })),
  };
}

/** Only what was asked for when the volumes were made: Cinder adds properties of the image and its own. */
export function withoutExtras(seen: SeenServer, { wanted }: MadeServer): SeenServer {
  return {
    ...seen,
    tags: seen.tags.filter((tag) => !tag.startsWith("protector-")),
    volumes: seen.volumes.map((volume, index) => {
      const asked = Object.keys(wanted.volumes[index]?.imageProperties ?? {});
      return { ...volume, imageProperties: pick(volume.imageProperties, (key) => asked.includes(key)) };
    }),
  };
}

/** What servers at the near site are now, by the administrator's eyes. */
export async function statesOf(admin: Person, ids: readonly string[]) {
  const shown = await admin.openstackJson<ShownServer>(...ids.map((id) => ["server", "show", id]));
  return shown.map(({ status, locked, locked_reason: reason }) => ({ status, isLocked: locked, reason }));
}

function describeVolume(volume: ShownVolume): SeenVolume {
  return {
    name: volume.name,
    description: volume.description,
    status: volume.status,
    gib: volume.size,
    type: volume.type,
    isBootable: volume.bootable === "true",
    properties: pick(volume.properties, (key) => !CINDER_KEYS.includes(key)),
    imageProperties: volume.volume_image_metadata ?? {},
  };
}

function describe(shown: ShownServer): Omit<SeenServer, "macs" | "volumes" | "userData"> {
  return {
    name: shown.name,
    status: shown.status,
    description: shown.description,
    addresses: shown.addresses,
    keyName: shown.key_name,
    properties: shown.properties,
    tags: [...shown.tags].sort(),
    securityGroups: [...new Set(shown.security_groups.map(({ name }) => name))].sort(),
    flavor: flavorOf(shown.flavor),
  };
}

/** The client shows a flavor as text or as a record, by Nova's microversion. */
function flavorOf(flavor: unknown): string {
  if (typeof flavor === "object" && flavor !== null) return String((flavor as Record<string, unknown>).original_name);
  const text = String(flavor);
  return /original_name='([^']*)'/.exec(text)?.[1] ?? text;
}

/** Members are not shown it. */
function userDataOf(shown: ShownServer | undefined): string | null {
  const encoded = shown?.["OS-EXT-SRV-ATTR:user_data"];
  return encoded ? Buffer.from(encoded, "base64").toString("utf8") : null;
}

function pick(
  values: Readonly<Record<string, string>>,
  isWanted: (key: string) => boolean,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => isWanted(key)));
}
