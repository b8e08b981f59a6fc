import type { PlannedStep } from "../runner/plan.ts";
import { step } from "./planned-step.ts";

/** What a site that was given up still has of a group. */
export interface ForgettingInput {
  readonly siteName: string;
  /** Array group of this site, from when it was primary. */
  readonly arrayGroup: string;
  /** Array group of the other site whose recovery points have arrived here. */
  readonly sentGroup: string;
  readonly cinderGroup: string;
  /** Servers here that Protector has locked. */
  readonly lockedServers: readonly { readonly id: string; readonly name: string }[];
}

/**
 * Takes away what Protector has of a group at one site, and nothing at the other one, where the group lives on with another
 * second site. Servers and volumes stay as they are, unlocked: they are their owner's. Pure.
 */
export function planForgettingSteps(input: ForgettingInput): readonly PlannedStep[] {
  const { siteName, arrayGroup, sentGroup, cinderGroup, lockedServers } = input;
  const isNamedAtEnd = { onFailure: "member", timeoutMs: 60_000 } as const;
  return [
    ...lockedServers.map(({ id, name }) =>
      step(`unlock.${id}`, "ensure", "server.unlock", `Unlock ${name} at ${siteName}`, "finish", "target", {
        input: { serverId: id, name, wasLocked: false, lockedReason: null },
        settings: isNamedAtEnd,
      }),
    ),
    step(
      "cinder_group",
      "ensure",
      "cinder_group.delete",
      `Delete the Cinder group at ${siteName}`,
      "finish",
      "target",
      { input: { name: cinderGroup }, settings: isNamedAtEnd },
    ),
    step("array_group", "ensure", "array_group.destroy", `Destroy array group ${arrayGroup}`, "finish", "target", {
      input: { arrayGroup },
      after: ["cinder_group"],
    }),
    step("replica", "ensure", "array_group.forget", `Destroy its recovery points at ${siteName}`, "finish", "target", {
      input: { arrayGroup: sentGroup },
      settings: isNamedAtEnd,
    }),
    step("marker", "ensure", "marker.destroy", `Destroy the marker at ${siteName}`, "finish", "target", {
      dependsOn: ["array_group"],
      after: ["replica"],
    }),
  ];
}
