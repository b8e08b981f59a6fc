import type { VolumeDescription } from "@protector/contract";
import type { PlannedStep } from "../runner/plan.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import { mappedImageMetadata } from "./mapping-gaps.ts";
import { ownName } from "./own-name.ts";
import { step } from "./planned-step.ts";

/** One volume of a member: cloned from the point, taken into Cinder, named. */
export function recoveredVolume(
  input: FailoverInput,
  member: FailoverMember,
  volume: VolumeDescription,
  index: number,
): PlannedStep[] {
  const { mapping, group, target } = input;
  const key = `volume.${member.id}.${index}`;
  const imageMetadata = mappedImageMetadata(volume, mapping);
  const onFailure = member.isCritical ? ("stop" as const) : ("member" as const);
  return [
    step(
      key,
      "ensure",
      "volume.recover",
      `Manage volumes into Cinder: ${volume.name || volume.volume_id} of ${member.name}`,
      "recover",
      "target",
      {
        memberId: member.id,
        input: {
          title: `volume ${volume.name || volume.volume_id} of ${member.name}`,
          temporaryName: ownName(input, member, `-${index}`),
          arrayGroup: group.arrayGroup,
          pointStep: "final.verify",
          sourceVolume: volume.array_volume,
          volumeType: mapping.find("volume_type", volume.volume_type) ?? "",
          isBootable: volume.is_bootable,
          imageId: imageMetadata.image_id ?? null,
        },
        dependsOn: ["schedule.off", "final.verify"],
        settings: { isUndoable: true, onFailure, weight: 3 },
      },
    ),
    step(
      `describe.${member.id}.${index}`,
      "ensure",
      "volume.describe",
      `Name volume ${index + 1} of ${member.name} at ${target.siteName}`,
      "recover",
      "target",
      {
        memberId: member.id,
        input: {
          volumeStep: key,
          name: volume.name,
          description: volume.description,
          metadata: tenantMetadata(volume.metadata),
          imageMetadata,
          isBootable: volume.is_bootable,
        },
        dependsOn: [key],
        settings: { onFailure },
      },
    ),
  ];
}

/** Metadata that the tenant gave; the array driver's own copies say nothing at another array. */
function tenantMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const { array_volume_name: _volume, array_name: _array, ...own } = metadata;
  return own;
}
