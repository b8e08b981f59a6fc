import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/*
 * A machine's processes live in control groups of their own, so that systemd in one machine does not take those of
 * another for its own, and so that all of a machine ends at one stroke.
 */

/** Hierarchies that systemd uses: the only one of a unified system, or two on a system of both versions. */
function hierarchies(): readonly string[] {
  if (existsSync("/sys/fs/cgroup/cgroup.controllers")) return ["/sys/fs/cgroup"];
  return ["/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"].filter((folder) => existsSync(folder));
}

/** Why machines cannot have control groups here; undefined when they can. */
export function whyNoControlGroups(): string | undefined {
  const [first] = hierarchies();
  if (first === undefined) return "no control group hierarchy is mounted at /sys/fs/cgroup";
  if (!existsSync(join(first, "cgroup.procs"))) return `${first} is not a control group hierarchy of version 2`;
  return undefined;
}

/**
 * Makes the groups.
 * @returns the files that a process writes its number to in order to enter them.
 */
export function makeControlGroup(name: string): readonly string[] {
  return hierarchies().map((folder) => {
    mkdirSync(join(folder, name), { recursive: true });
    return join(folder, name, "cgroup.procs");
  });
}

/** Kills every process in the groups and removes them; nothing happens when there are none. */
export async function killControlGroup(name: string): Promise<void> {
  for (const folder of hierarchies().map((hierarchy) => join(hierarchy, name))) {
    if (!existsSync(folder)) continue;
    const kill = join(folder, "cgroup.kill");
    if (existsSync(kill)) writeFileSync(kill, "1");
    for (let round = 0; existsSync(folder) && round < 200; round += 1) {
      removeBranch(folder);
      if (existsSync(folder)) await sleep(25);
    }
  }
}

/** Groups are folders whose files cannot be removed; one with processes in it stays. */
function removeBranch(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeBranch(join(folder, entry.name));
    }
    rmdirSync(folder);
  } catch {
    // Its processes are about to end; the caller looks again.
  }
}
