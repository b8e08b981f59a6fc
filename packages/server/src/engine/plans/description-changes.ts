import type { CheckResult, PortDescription, ServerDescription, VolumeDescription } from "@protector/contract";

/** What differs between two descriptions of a server, one line each, as a plan tells it. */
export function descriptionChanges(then: ServerDescription, now: ServerDescription): readonly CheckResult[] {
  const texts = [
    ...volumeChanges(then.volumes, now.volumes),
    ...portChanges(then.ports, now.ports),
    ...(then.flavor.name === now.flavor.name ? [] : [`Flavor ${now.flavor.name} instead of ${then.flavor.name}.`]),
  ];
  const isOther = texts.length === 0 && JSON.stringify(then) !== JSON.stringify(now);
  return [...texts, ...(isOther ? ["Other properties of the server have changed."] : [])].map((reason) => ({
    check: "member.description",
    result: "warning",
    subject: now.name,
    reason,
    remedy: null,
  }));
}

function volumeChanges(then: readonly VolumeDescription[], now: readonly VolumeDescription[]): readonly string[] {
  const before = new Map(then.map((volume) => [volume.volume_id, volume]));
  const after = new Set(now.map(({ volume_id }) => volume_id));
  const named = ({ name, volume_id, size_gib }: VolumeDescription) => `${name || volume_id} (${size_gib} GiB)`;
  return [
    ...now.flatMap((volume) => {
      const old = before.get(volume.volume_id);
      if (!old) return [`Volume ${named(volume)} is protected from now on.`];
      return old.size_gib === volume.size_gib ? [] : [`Volume ${named(volume)} had ${old.size_gib} GiB.`];
    }),
    ...then.filter(({ volume_id }) => !after.has(volume_id)).map((each) => `Volume ${named(each)} is let go.`),
  ];
}

function portChanges(then: readonly PortDescription[], now: readonly PortDescription[]): readonly string[] {
  const before = new Map(then.map((port) => [port.mac_address, port]));
  const after = new Set(now.map(({ mac_address }) => mac_address));
  const named = ({ mac_address, fixed_ips }: PortDescription) =>
    [mac_address, ...fixed_ips.map(({ address }) => address)].join(" ");
  return [
    ...now.flatMap((port) => {
      const old = before.get(port.mac_address);
      if (!old) return [`NIC ${named(port)} is recovered from now on.`];
      return JSON.stringify(old) === JSON.stringify(port) ? [] : [`NIC ${named(port)} is recovered as it is now.`];
    }),
    ...then.filter(({ mac_address }) => !after.has(mac_address)).map((each) => `NIC ${named(each)} is let go.`),
  ];
}
