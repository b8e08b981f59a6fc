import type { ServerDescription } from "@protector/contract";
import type { PlannedStep } from "../runner/plan.ts";
import { cinderGroupName } from "../world/group-names.ts";
import { step } from "./planned-step.ts";

/** What the Cinder group of a primary is made of. */
interface CapturedGroup {
  readonly group: { readonly id: string; readonly name: string };
  readonly members: readonly { readonly description: ServerDescription | null | undefined }[];
  readonly source: { readonly siteName: string };
}

/** Mirrors a group's volumes, as they were captured again, in Cinder at the site that it runs at; no recovery needs it. */
export function primaryInCinder({ group, members, source }: CapturedGroup): PlannedStep {
  const volumeIds = members.flatMap(({ description }) => description?.volumes.map((each) => each.volume_id) ?? []);
  return step(
    "cinder_group",
    "ensure",
    "cinder_group.ensure",
    `Group the volumes in Cinder at ${source.siteName}`,
    "finish",
    "source",
    {
      input: {
        name: cinderGroupName(group.id),
        description: `Protection group ${group.name}`,
        volumeSteps: [],
        volumeIds,
      },
      dependsOn: ["wait"],
      settings: { onFailure: "member" },
    },
  );
}
