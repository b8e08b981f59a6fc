import type { ReplicationType } from "@protector/contract";
import { DEMO_RESOURCES } from "@protector/simulator";
import { type CommandLine, protector } from "./commands.ts";
import type { Telling } from "./telling.ts";
import type { SandboxWorld } from "./world.ts";

/** Name of the protection group of the demo. */
export const GROUP = "shop";

/** What the scenarios work with. */
export interface Stage {
  readonly sandbox: SandboxWorld;
  readonly telling: Telling;
  readonly line: CommandLine;
}

/** What administrators do once: each site learns of the other, which projects are one tenant, and proves what it may. */
export async function registerSites({ telling, line }: Stage): Promise<void> {
  const admin = { ...line, env: { ...line.env, OS_CLOUD: "site-a-admin", OS_SECONDARY_CLOUD: "site-b-admin" } };
  await telling.step("sites registered at each other, projects mapped", async () => {
    await protector(admin, ["site", "create", "site-a", "site-b"]);
    await protector(admin, ["tenant-mapping", "create", "--project", "demo", "--secondary-project", "demo"]);
  });
  await telling.step("each site's engine has tried its cloud and array", () =>
    Promise.all(
      (["site-a", "site-b"] as const).map((name) =>
        protector({ ...admin, env: { ...admin.env, OS_CLOUD: `${name}-admin` } }, ["site", "validate", name]),
      ),
    ),
  );
}

/** What a tenant does to protect the workload; every command is shown. */
export async function protectWorkload(stage: Stage): Promise<void> {
  await protectServers(stage, GROUP, tiersOf(stage.sandbox));
}

/** A group over servers, each with its tier; every command is shown. */
export async function protectServers(
  stage: Stage,
  group: string,
  members: readonly (readonly [number, string])[],
): Promise<void> {
  const [home, other] = stage.sandbox.sites;
  const policy = ["--primary-backend", home.array.name, "--secondary-backend", other.array.name];
  const { replicationType } = stage.sandbox;
  const type = replicationType === "sync" ? ["--replication-type", "sync"] : [];
  await run(stage, "group on both sites", ["protection-group", "create", group, ...type]);
  await run(stage, "resources of site-a mapped to those of site-b", [
    "mapping",
    "set",
    group,
    ...mappings(replicationType),
  ]);
  await run(stage, "replication set up", ["protection-group", "policy-create", group, ...policy]);
  for (const [tier, name] of members) {
    const words = ["member", "add", group, name, "--tier", String(tier)];
    await run(stage, `${name} protected`, words);
  }
  await run(stage, "first recovery point complete on site-b", ["protection-group", "replicate", group]);
}

/** The plan, then the failover with its steps as they happen. @returns the operation, as the API gives it. */
export async function failOver({ telling, line }: Stage): Promise<{ readonly status: string }> {
  const words = ["failover", GROUP, "--yes"];
  telling.command(words);
  return (await protector(line, words, { shown: "progress" })) as { readonly status: string };
}

/** Site-a is gone; its servers come up at site-b from the latest point. @returns the operation, as the API gives it. */
export async function failOverWithoutHome({ telling, line }: Stage): Promise<{ readonly status: string }> {
  const reason = "the sandbox has burnt site-a down";
  const words = ["failover", GROUP, "--unplanned", "--reason", reason, "--yes"];
  telling.command(["--os-cloud", "site-b", ...words]);
  const there = { ...line, env: { ...line.env, OS_CLOUD: "site-b" } };
  return (await protector(there, words, { shown: "progress" })) as { readonly status: string };
}

/** A command, and what is true when it is done. */
export async function run({ telling, line }: Stage, done: string, words: readonly string[]): Promise<void> {
  telling.command(words);
  await telling.step(done, () => protector(line, words));
}

/** Options of `mapping set`: the same names on both sites. */
function mappings(replicationType: ReplicationType): readonly string[] {
  const types =
    replicationType === "sync"
      ? ["--volume-type", "sync=replicated", "--test-volume-type", "sync=plain"]
      : ["--test-volume-type", "replicated=plain"];
  return [...DEMO_RESOURCES.flatMap(([kind, name]) => [`--${kind}`, `${name}=${name}`]), ...types];
}

/** The database first, then the application, then the web servers. */
function tiersOf({ servers }: SandboxWorld): readonly (readonly [number, string])[] {
  const order = ["db", "app", "web"];
  return servers.map(({ server }) => [order.findIndex((tier) => server.name.startsWith(tier)), server.name] as const);
}
