import { codeOfWire, ERROR_CATALOGUE, type ErrorItem, type Operation, type OperationStep } from "@protector/contract";

/** What to do about what went wrong or is waited for in an operation, a line for each code; none when all is well. */
export function remedies(operation: Operation, steps: readonly OperationStep[]): readonly string[] {
  const { error } = operation;
  const ofSteps = steps.filter(({ status }) => status !== "completed").map((step) => step.error);
  const codes = [error, ...ofSteps].flatMap((each: ErrorItem | null) => (each && codeOfWire(each.code)) ?? []);
  const lines = [...new Set(codes)].map((code) => `  ${code}: ${asTyped(operation, ERROR_CATALOGUE[code].help)}`);
  return lines.length === 0 ? [] : ["What to do:", ...lines];
}

/** The commands as they are typed for this operation and its group. */
function asTyped({ id, protection_group_id: groupId, protection_group_name: name }: Operation, help: string): string {
  const ofOperation = help.replaceAll(
    /\bprotector operation (\w+) ID\b/g,
    (_all, verb) => `protector operation ${verb} ${id}`,
  );
  return groupId === null ? ofOperation : ofOperation.replaceAll(/\bGROUP\b/g, () => name);
}
