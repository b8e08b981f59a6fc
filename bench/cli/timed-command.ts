import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A command line with its environment. */
export interface TimedCommand {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

/** Between two looks at memory. ms */
const LOOK_MS = 5;

/**
 * Wall time of a command, s.
 * @throws Error when it fails: a refusal is quick, too.
 */
export async function timeOf(command: TimedCommand): Promise<number> {
  const before = performance.now();
  await ended(start(command), command);
  return (performance.now() - before) / 1000;
}

/**
 * Most memory that a command held (resident, with the programs that it started), MB. Linux only. In a run of its own, so
 * that looking costs no measured time; what it took in its last {@link LOOK_MS} ms may be missed.
 * @throws Error when it fails.
 */
export async function memoryOf(command: TimedCommand): Promise<number> {
  const child = start(command);
  const end = ended(child, command);
  const peaks = new Map<number, number>();
  let isRunning = true;
  const stop = () => {
    isRunning = false;
  };
  end.then(stop, stop);
  while (isRunning) {
    for (const pid of treeOf(child.pid ?? 0)) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peakOf(pid)));
    await sleep(LOOK_MS);
  }
  await end;
  return [...peaks.values()].reduce((sum, kib) => sum + kib, 0) / 1024;
}

function start({ argv: [program, ...args], env }: TimedCommand): ChildProcess {
  return spawn(program, args, { env, cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
}

async function ended(child: ChildProcess, { argv }: TimedCommand): Promise<void> {
  let said = "";
  child.stderr?.on("data", (part) => {
    said += part;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${said}`);
}

/** A process and those that it started. */
function treeOf(pid: number): readonly number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" "));
    return [pid, ...children.filter((text) => text !== "").flatMap((text) => treeOf(Number(text)))];
  } catch {
    // It has ended between two looks.
    return [];
  }
}

/** KiB */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
