import { protector } from "./commands.ts";
import { protectServers, run, type Stage } from "./scenario.ts";
import type { SandboxWorld } from "./world.ts";

/** Name of the recovery plan of the demo. */
export const PLAN = "everything";

/** What became of one group, as the operation over all of them says. */
export interface GroupOutcome {
  readonly name: string;
  readonly status: string;
  readonly downtime_seconds: number | null;
  readonly began_at: string;
}

/** How the whole ended, and each group, in the order in which they began. */
export interface SiteOutcome {
  readonly status: string;
  readonly groups: readonly GroupOutcome[];
}

/** Every tier of the workload as a group of its own, and a plan that recovers them one after the other. */
export async function protectInGroups(stage: Stage): Promise<void> {
  const groups = groupsOf(stage.sandbox);
  for (const [name, servers] of groups) {
    await protectServers(
      stage,
      name,
      servers.map((server) => [0, server]),
    );
  }
  const names = groups.map(([name]) => name);
  await run(stage, "their order is known at both sites", ["recovery-plan", "create", PLAN, ...names, "--in-order"]);
}

/** Site-a is gone; an administrator at site-b brings up every group of it. */
export async function failOverSite({ telling, line }: Stage): Promise<SiteOutcome> {
  const reason = "the sandbox has burnt site-a down";
  const words = ["site", "failover", "site-a", "--unplanned", "--reason", reason, "--yes"];
  telling.command(["--os-cloud", "site-b-admin", ...words]);
  const there = { ...line, env: { ...line.env, OS_CLOUD: "site-b-admin", OS_SECONDARY_CLOUD: "site-a-admin" } };
  const ended = (await protector(there, words, { shown: "progress" })) as Ended;
  const groups = (ended.children ?? []).map((child) => ({
    name: child.protection_group_name,
    status: child.status,
    downtime_seconds: child.downtime_seconds,
    began_at: child.created_at,
  }));
  for (const { name, status } of groups) telling.line(`  ${telling.paint("cyan", name.padEnd(10))} ${status}`);
  return { status: ended.status, groups };
}

interface Ended {
  readonly status: string;
  readonly children?: readonly {
    readonly protection_group_name: string;
    readonly status: string;
    readonly downtime_seconds: number | null;
    readonly created_at: string;
  }[];
}

/** Servers by what their names begin with, in start order. */
function groupsOf({ servers }: SandboxWorld): readonly (readonly [string, readonly string[]])[] {
  const names = servers.map(({ server }) => server.name);
  return ["db", "app", "web"].flatMap((tier) => {
    const own = names.filter((name) => name.startsWith(tier));
    return own.length === 0 ? [] : [[tier, own] as const];
  });
}
