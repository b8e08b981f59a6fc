import { codeOfWire, ERROR_CATALOGUE, type ErrorItem, type Operation, type OperationStep } from "@protector/contract";

/** What to do about what went wrong or is waited for in an operation, a line for each code; none when all is well. */
export function remedies({ error }: Operation, steps: readonly OperationStep[]): readonly string[] {
  const ofSteps = steps.filter(({ status }) => status !== "completed").map((step) => step.error);
  const codes = [error, ...ofSteps].flatMap((each: ErrorItem | null) => (each && codeOfWire(each.code)) ?? []);
  const lines = [...new Set(codes)].map((code) => `  ${code}: ${ERROR_CATALOGUE[code].help}`);
  return lines.length === 0 ? [] : ["What to do:", ...lines];
}
