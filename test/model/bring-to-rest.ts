import type { ProtectionGroup } from "@protector/contract";
import { expect } from "vitest";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import { administratorOf, REASON, type SiteName } from "./events.ts";
import { groupPair } from "./group-pair.ts";
import { runningServers, type Seen } from "./invariants.ts";
import { openOperations, requireSaneAnswer, typeAt } from "./live-through.ts";

/** Longer than fences, late calls and leases take. ms */
const CALM_MS = 300_000;
const MOST_STEPS = 30;
const MEMBERS = ["db-01", "web-01"];

/** What somebody may try with an operation that is not over, mildest first. */
const VERBS = ["resume", "retry", "rollback", `abandon --reason ${REASON}`];

/**
 * Once both sites answer, a person with the documented verbs brings every member to run, exactly once, with both sites of
 * one mind: every state has a verb.
 */
export async function bringToRest(here: WorkingSites, seen: Seen): Promise<void> {
  for (const end of seen.faults) end();
  for (const name of seen.lost) here.restore(here.site(name));
  seen.lost.clear();
  await here.clock.advance(CALM_MS);
  seen.isExcused = false;
  const told: string[] = [];
  const say = async (line: string, at?: SiteName) => {
    const near = at ?? (await primaryOf(here));
    const run = await typeAt(here, line, near);
    told.push(`${near}: ${line}: ${run.code} ${run.stderr.trim().split("\n")[0] ?? ""}`);
    requireSaneAnswer(line, run);
    return run.code;
  };
  for (const name of ["often", "plans"]) await say(`drill-schedule delete ${name} --yes`);
  for (const _hook of [1, 2, 3]) await say("hook remove shop 1", await primaryOf(here));
  await endOperations(here, say);
  for (const attempt of [1, 2, 3, 4, 5]) {
    await say("pg sync-status shop");
    if (await isAtRest(here)) break;
    await say(
      attempt % 2 === 1 ? `reclaim shop --reason ${REASON} --yes --wait` : "pg sync-force shop --yes",
      await primaryOf(here),
    );
    await endOperations(here, say);
  }
  await say("test-cleanup shop --wait");
  await here.clock.advance(CALM_MS);
  await say("pg show shop");
  const rest = await restOf(here);
  const wanted = { running: Object.fromEntries(MEMBERS.map((name) => [name, 1])), isInSync: true, open: [], tests: [] };
  expect(rest, `not at rest: ${JSON.stringify(rest)} after\n${told.join("\n")}`).toEqual(wanted);
}

async function endOperations(here: WorkingSites, say: (line: string, near?: SiteName) => Promise<number>) {
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await here.clock.advance(60_000);
    const [operation] = await openOperations(here);
    if (!operation) return;
    if (!["waiting", "paused", "failed"].includes(operation.status)) continue;
    const verb = VERBS[Math.floor(step / 2) % VERBS.length] ?? "";
    const [word, ...more] = verb.split(" ");
    const who = operation.isOfAll ? administratorOf(operation.site) : "";
    await say(`operation ${word} ${operation.id} ${more.join(" ")} --wait --timeout 1800 ${who}`, operation.site);
  }
}

async function primaryOf(here: WorkingSites): Promise<SiteName> {
  return (await groupPair(here)).primary.name;
}

async function restOf(here: WorkingSites) {
  const running = runningServers(here);
  const near = await primaryOf(here);
  const { stdout } = await typeAt(here, "pg show shop -f json", near);
  const group = JSON.parse(stdout || "{}") as Partial<ProtectionGroup>;
  return {
    running: Object.fromEntries(MEMBERS.map((name) => [name, running.get(name)?.length ?? 0])),
    isInSync: group.sync_status === "IN SYNC" || (await isDeleted(here)),
    open: await openOperations(here),
    tests: here.sites.world.clouds
      .flatMap((cloud) => [...cloud.compute.servers.values()].map(({ name }) => name))
      .filter((name) => name.endsWith("-test")),
  };
}

/** Whether no site has the group any more. */
async function isDeleted({ all }: WorkingSites): Promise<boolean> {
  const alive = await Promise.all(
    all.map(({ connection }) =>
      connection.db.selectFrom("protection_groups").select("id").where("deleted_at", "is", null).execute(),
    ),
  );
  return alive.flat().length === 0;
}

async function isAtRest(here: WorkingSites): Promise<boolean> {
  const { running, isInSync } = await restOf(here);
  return isInSync && Object.values(running).every((count) => count === 1);
}
