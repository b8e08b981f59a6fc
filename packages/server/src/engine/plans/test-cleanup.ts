import type { StandingTest } from "../../domain/standing-tests.ts";
import type { OperationPlan, PlannedStep } from "../runner/plan.ts";
import type { LookForTestInput } from "../steps/look-for-test.ts";
import type { RemoveObjectInput } from "../steps/remove-object.ts";

import { finding } from "./findings.ts";
import { barrier, step } from "./planned-step.ts";
import { TEST_VOLUME_KEY } from "./test-failover.ts";

/** Everything that a clean-up is planned from. */
export interface TestCleanupInput {
  readonly groupName: string;
  readonly siteName: string;
  readonly tests: readonly StandingTest[];
  /** Ids of the group's own servers and volumes. */
  readonly production: readonly string[];
}

/** In which order kinds go: what holds others first. Objects of a kind go newest first. */
const WAVES = [
  ["server"],
  ["floating_ip"],
  ["port"],
  ["volume"],
  ["array_volume"],
  ["network", "server_group", "keypair"],
  ["recovery_point"],
] as const satisfies readonly (readonly RemoveObjectInput["kind"][])[];

/** Step of a clean-up that removes a ledger row's object. */
export function removalKey(ledgerId: string): string {
  return `remove.${ledgerId}`;
}

/** The ledger row of such a step. */
export function ledgerIdOf(key: string): string {
  return key.slice(removalKey("").length);
}

/** Deletes by ledger, newest first; then looks. Pure. */
export function planTestCleanup(input: TestCleanupInput): OperationPlan {
  const steps = [...testRemovals(input.tests), ...looks(input)];
  const reason = `No test of ${input.groupName} stands at ${input.siteName}.`;
  return {
    steps,
    blockers: input.tests.length === 0 ? [finding("test.none_standing", input.groupName, reason)] : [],
    warnings: [],
    expectedDataLossSeconds: null,
    recoveryPoint: null,
  };
}

/** Deletes what tests have made, by ledger. */
export function testRemovals(tests: readonly Omit<StandingTest, "arrayVolumes">[]): readonly PlannedStep[] {
  const groups = new Map(tests.map(({ operation, cutGroup }) => [operation.id, cutGroup]));
  const objects = tests.flatMap((test) => test.objects);
  const steps: PlannedStep[] = [];
  let before: string[] = [];
  for (const [index, kinds] of WAVES.entries()) {
    const wave = objects.filter((row) => (kinds as readonly string[]).includes(row.kind));
    if (wave.length === 0) continue;
    const removed = wave.map(({ id, kind, name, external_id, operation_id }) => {
      const own: RemoveObjectInput = { kind: kind as RemoveObjectInput["kind"], name, externalId: external_id };
      const arrayGroup = kind === "recovery_point" ? groups.get(operation_id) : undefined;
      const input = arrayGroup ? { ...own, arrayGroup } : own;
      return step(
        removalKey(id),
        "ensure",
        "test.remove",
        `Delete ${kind.replaceAll("_", " ")} ${name}`,
        "delete",
        "target",
        {
          input,
          after: before,
          settings: { onFailure: "member" },
        },
      );
    });
    const key = `removed.${index}`;
    const title = `Deleted: ${kinds.join(", ").replaceAll("_", " ")}`;
    steps.push(...removed, barrier(key, title, "delete", "target", { after: removed.map((each) => each.key) }));
    before = [key];
  }
  return steps;
}

function looks({ tests, siteName, production }: TestCleanupInput): readonly PlannedStep[] {
  const before = WAVES.map((_, index) => `removed.${index}`);
  return tests.map(({ operation, arrayVolumes, cutGroup }) => {
    const own = { testId: operation.id, arrayVolumes, production, volumeKey: TEST_VOLUME_KEY };
    const input: LookForTestInput = cutGroup === null ? own : { ...own, cutGroup };
    const title = `See that nothing of test ${operation.id} is left at ${siteName}`;
    return step(lookKey(operation.id), "ensure", "test.look", title, "look", "target", {
      input,
      after: before,
      settings: { onFailure: "member", weight: 3 },
    });
  });
}

/** Step that sees that nothing of a test is left. */
export function lookKey(testId: string): string {
  return `look.${testId}`;
}
