import { CLOSED_OPERATION_STATUSES } from "@protector/contract";
import type { Fault } from "@protector/simulator";
import { expect } from "vitest";
import type { CliRun } from "../two-sites/command-line.ts";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import { AcknowledgedWrites } from "./acknowledged-writes.ts";
import { changeServer } from "./change-server.ts";
import type { HistoryEvent, SiteName } from "./events.ts";
import { farFrom } from "./group-pair.ts";
import { requireInvariants, type Seen } from "./invariants.ts";

const LATE_MS = 50_000;

/** The beginning of a history. @param before what was there before anything was protected. */
export function beginHistory(here: WorkingSites, before: ReadonlySet<string>): Seen {
  const writes = new AcknowledgedWrites(here);
  writes.start();
  return { lost: new Set(), faults: [], isExcused: false, before, writes, versions: new Map() };
}

/** Lets a history happen; after each event the invariants are looked at. @throws AssertionError where one is broken. */
export async function liveThrough(here: WorkingSites, history: readonly HistoryEvent[], seen: Seen): Promise<void> {
  for (const event of history) {
    await happen(here, event, seen);
    await requireInvariants(here, seen);
    await here.clock.advance(event.seconds * 1000);
    await requireInvariants(here, seen);
  }
}

async function happen(here: WorkingSites, event: HistoryEvent, seen: Seen): Promise<void> {
  switch (event.kind) {
    case "types":
      return type(here, event.line, event.near, seen);
    case "is_lost":
      if (seen.lost.has(event.site)) return;
      seen.lost.add(event.site);
      return here.destroy(here.site(event.site));
    case "returns":
      if (!seen.lost.delete(event.site)) return;
      return here.restore(here.site(event.site));
    case "fails": {
      const { service, times } = event;
      seen.faults.push(here.sites.world.conditions.inject({ service, times, fault: faultOf(event.fault) }));
      return;
    }
    case "engine_dies":
      return here.replaceEngine(here.site(event.site));
    case "changes":
      return changeServer(here, event.server, event.how);
  }
}

async function type(here: WorkingSites, line: string, near: SiteName, seen: Seen): Promise<void> {
  const names = await namesIn(line, here);
  if (names === undefined) return;
  if (/--unplanned|reclaim|--as unplanned|test-promote|--peer-lost/.test(line)) seen.isExcused = true;
  const typed = line.replace(/OPERATION|STEP|POINT/g, (word) => names[word as Placeholder] ?? word);
  requireSaneAnswer(line, await typeAt(here, typed, near));
}

type Placeholder = "OPERATION" | "STEP" | "POINT";

/** What the words of a line stand for; undefined when there is no such thing. */
async function namesIn(line: string, here: WorkingSites): Promise<Partial<Record<Placeholder, string>> | undefined> {
  if (line.includes("POINT")) {
    const point = await oldestPoint(here);
    return point === undefined ? undefined : { POINT: point };
  }
  if (!line.includes("OPERATION")) return {};
  const operation = (await openOperations(here)).at(-1);
  if (!operation) return undefined;
  if (!line.includes("STEP")) return { OPERATION: operation.id };
  const step = await stuckStep(here, operation);
  return step === undefined ? undefined : { OPERATION: operation.id, STEP: step };
}

async function oldestPoint(here: WorkingSites): Promise<string | undefined> {
  const points = await Promise.all(
    here.all.map(({ connection }) =>
      connection.db.selectFrom("recovery_points").select(["name", "cut_at"]).where("is_usable", "=", 1).execute(),
    ),
  );
  return points.flat().sort((one, other) => (one.cut_at < other.cut_at ? -1 : 1))[0]?.name;
}

/** The first step of an operation that has failed. */
async function stuckStep(here: WorkingSites, { id, site }: OpenOperation): Promise<string | undefined> {
  const step = await here
    .site(site)
    .connection.db.selectFrom("dr_operation_steps")
    .select("step_key")
    .where("operation_id", "=", id)
    .where("status", "=", "failed")
    .orderBy("sequence")
    .executeTakeFirst();
  return step?.step_key;
}

/** Runs a command line of a person who names `near` first. */
export async function typeAt(here: WorkingSites, line: string, near: SiteName): Promise<CliRun> {
  const far = await farFrom(here, near, line);
  return here.run(line, { env: { OS_CLOUD: near, OS_SECONDARY_CLOUD: far } });
}

/** Whatever a person types: a documented exit code, words when it is not done, nothing of our own failing, no secret. */
export function requireSaneAnswer(line: string, { code, stdout, stderr }: CliRun): void {
  const said = `${stdout}\n${stderr}`;
  const told = `protector ${line}: exit code ${code}\n${said}`;
  // 2 is for lines that cannot be meant, as of a hook or a group that is not there.
  const isPerhapsMeaningless = /^(hook remove|recovery-plan remove-group)/.test(line);
  expect([0, 1, 3, 4, 5, 6, ...(isPerhapsMeaningless ? [2] : [])], told).toContain(code);
  expect(code === 0 || said.trim().length > 20, told).toBe(true);
  expect(said).not.toMatch(/protector\.internal|TypeError|undefined|\[object|token-array-|labadmin|labsvc|labdemo/);
}

/** An operation that is not over, and where it runs. */
export interface OpenOperation {
  readonly id: string;
  readonly site: SiteName;
  readonly type: string;
  readonly status: string;
  /** Of the groups of all projects. */
  readonly isOfAll: boolean;
}

/** Operations that are not over, oldest first; a failed one of which nothing has begun is over. */
export async function openOperations(here: WorkingSites): Promise<readonly OpenOperation[]> {
  const found = await Promise.all(
    here.all.map(async ({ name, id, connection }) => {
      const rows = await connection.db
        .selectFrom("dr_operations")
        .select(["id", "type", "status", "created_at", "recovery_plan_id"])
        .where("site_id", "=", id)
        .where("is_dry_run", "=", 0)
        .where("status", "not in", [...CLOSED_OPERATION_STATUSES])
        .execute();
      return rows.map(({ recovery_plan_id, ...row }) => {
        return { ...row, site: name, isOfAll: row.type === "site_failover" && recovery_plan_id === null };
      });
    }),
  );
  return found.flat().sort((one, other) => (one.created_at < other.created_at ? -1 : 1));
}

function faultOf(kind: "refuse" | "lost_answer" | "late"): Fault {
  if (kind === "refuse") return { kind, status: 503, body: "busy" };
  return kind === "late" ? { kind, delayMs: LATE_MS } : { kind };
}
