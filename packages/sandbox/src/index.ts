export type { MemberOutcome } from "./outcome.ts";
export type { SandboxReport } from "./report.ts";
export { runSandbox, type SandboxHost } from "./run-sandbox.ts";
