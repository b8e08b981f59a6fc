import { readFileSync } from "node:fs";

/** A process, told apart from a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks between the boot of the kernel and the start of the process, as /proc counts. */
  readonly startedAt: string;
}

/** Undefined when no such process exists. */
export function identifyProcess(pid: number): ProcessId | undefined {
  const startedAt = statFields(pid)?.[19];
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether this very process still runs; one that has ended and waits for its parent does not. */
export function isRunning({ pid, startedAt }: ProcessId): boolean {
  const fields = statFields(pid);
  return fields?.[19] === startedAt && fields[0] !== "Z";
}

/** Ends a process; nothing happens when it has ended already. */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals): void {
  if (!isRunning(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

/** Numbers of the direct children. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}

/** Fields of /proc/PID/stat from the state (field 3 of proc(5)) on; the name before it may hold spaces. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
