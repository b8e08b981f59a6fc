import type { CheckResult } from "@protector/contract";
import type { OperationPlan } from "../runner/plan.ts";
import { finding } from "./findings.ts";
import { planReprotect, type ReprotectInput } from "./reprotect.ts";

/**
 * The plan that makes the site which a group runs at its home: a reprotection after which nothing is kept at the other site
 * as the way home. Pure.
 */
export function planMoveHome(input: ReprotectInput): OperationPlan {
  const plan = planReprotect(input);
  return {
    ...plan,
    blockers: [...plan.blockers, ...notThere(input)],
    warnings: [...plan.warnings, turned(input)],
  };
}

/** A member that did not come up here has its only copy where everything is going to be deleted. */
function notThere({ members, source }: ReprotectInput): readonly CheckResult[] {
  return members
    .filter(({ description, isWhole }) => !description || !isWhole)
    .map(({ name }) => {
      const reason = `It did not come up at ${source.siteName}: its data is where it came from. Retry it, or take it out of the group.`;
      return finding("protection_group.wrong_status", name, reason);
    });
}

function turned({ group, source }: ReprotectInput): CheckResult {
  const reason = `Mappings are turned around and become the group's own; those for tests have to be set anew, for tests at the other site. ${source.siteName} is the group's home afterwards.`;
  return { check: "move_home.mappings", result: "warning", subject: group.name, reason, remedy: null };
}
