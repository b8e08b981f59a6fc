import type { Command } from "commander";
import type { Act } from "./command.ts";
import { addFailoverCommands } from "./failovers.ts";
import { addMemberCommands } from "./members.ts";
import { addOperationCommands } from "./operations.ts";
import { addPolicyCommands } from "./policies.ts";
import { addProtectionGroupCommands } from "./protection-groups.ts";

/** Every noun of the command. */
export function addCommands(program: Command, act: Act): void {
  const groups = addProtectionGroupCommands(program, act);
  addPolicyCommands(groups, act);
  addMemberCommands(program, act);
  addFailoverCommands(program, act);
  addOperationCommands(program, act);
}
