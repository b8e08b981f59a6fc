import type { FailoverInput, FailoverMember } from "../plans/failover-input.ts";
import { type Finding, warning } from "./finding.ts";

/** Whether what servers are mapped to fits them; that it exists is looked at by the plan. */
export function checkMappingFit(input: FailoverInput): readonly Finding[] {
  return input.members.flatMap((member) => [...flavorFit(input, member), ...typeFit(input, member)]);
}

function flavorFit({ target, mapping }: FailoverInput, { name, description }: FailoverMember): readonly Finding[] {
  const { flavor } = description;
  const there = target.flavors.get(mapping.find("flavor", flavor.id) ?? "");
  if (!there) return [];
  const smaller = [
    there.vcpus < flavor.vcpus ? `${there.vcpus} of ${flavor.vcpus} cores` : "",
    there.ramMiB < flavor.ram_mib ? `${there.ramMiB} of ${flavor.ram_mib} MiB of RAM` : "",
  ].filter((text) => text !== "");
  if (smaller.length === 0) return [];
  const reason = `Flavor ${flavor.name} is mapped to ${there.name} at ${target.siteName}, which is smaller: ${smaller.join(", ")}.`;
  const remedy = "Map it to a flavor of its size, if the server needs it there.";
  return [warning({ check: "mapping.flavor_smaller", subject: name, reason, remedy })];
}

/** A volume of an unreplicated type cannot be protected again once it has moved. */
function typeFit({ target, mapping }: FailoverInput, { name, description }: FailoverMember): readonly Finding[] {
  const types = new Set(description.volumes.map(({ volume_type }) => volume_type));
  return [...types].flatMap((type) => {
    const there = target.volumeTypes.get(mapping.find("volume_type", type) ?? "");
    if (!there || /true/i.test(there.extraSpecs.replication_enabled ?? "")) return [];
    const reason = `Volume type ${type} is mapped to ${there.name} at ${target.siteName}, which does not replicate: after a failover the servers cannot be protected there.`;
    return [
      warning({
        check: "mapping.volume_type_unreplicated",
        subject: name,
        reason,
        remedy: "Map it to a type with replication_enabled='<is> True'.",
      }),
    ];
  });
}
