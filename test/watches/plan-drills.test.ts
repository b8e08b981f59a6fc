import { expect, test } from "vitest";
import { writeTime } from "../../packages/server/src/db/codecs.ts";
import type { EnginePorts } from "../../packages/server/src/engine/engine-ports.ts";
import { runDrills } from "../../packages/server/src/engine/watch/drills.ts";
import { endTests } from "../../packages/server/src/engine/watch/tests.ts";
import { type ManyGroups, planOver, protectGroups, runningAt } from "../world/plan-run.ts";
import { targetCloud } from "../world/test-run.ts";
import { NOTICE_URL, scheduleDrill } from "./drill-schedules.ts";

const LIMIT_MS = 3_600_000;

/** What a drill of a plan with two groups leaves, and what was told of it. */
interface Drilled {
  readonly many: ManyGroups;
  readonly before: unknown;
  readonly posted: { readonly is_success: boolean; readonly operation: { readonly status: string } }[];
}

async function scheduled(differs: Record<string, unknown>): Promise<Drilled> {
  const many = await protectGroups(2);
  const { sites } = many;
  const planId = await planOver(many, { g1: {}, g2: {} }, 1);
  const before = targetCloud(sites.world.describe());
  await scheduleDrill(sites, { recovery_plan_id: planId }, { next_run_at: writeTime(sites.clock.now()), ...differs });
  return { many, before, posted: [] };
}

/** One look of the watches, and everything that they have ordered brought to its end. */
async function look({ many: { sites }, posted }: Drilled): Promise<void> {
  const real = sites.ports(sites.b);
  const transport: EnginePorts["transport"] = async (request) => {
    if (request.url !== NOTICE_URL) return real.transport(request);
    posted.push(JSON.parse(String(request.body)));
    return { status: 204, headers: {}, body: "" };
  };
  await sites.clock.run(runDrills({ ...real, transport }, new AbortController().signal));
  await sites.clock.run(endTests(real));
  const open = await sites.b.connection.db
    .selectFrom("dr_operations")
    .select(["id", "type"])
    .where((eb) => eb.or([eb("status", "in", ["pending", "running"]), eb("request", "is not", null)]))
    .orderBy("created_at")
    .execute();
  for (const { id } of open) await sites.settle(sites.b, id, sites.engine(sites.b), LIMIT_MS);
}

function tests({ many: { sites } }: Drilled) {
  return sites.b.connection.db
    .selectFrom("dr_operations")
    .select(["protection_group_name as name", "status"])
    .where("type", "=", "test_failover")
    .orderBy("name")
    .execute();
}

test("a drill of a plan tests its groups, cleans up after them, and is told once", async () => {
  const drilled = await scheduled({});
  for (let round = 0; round < 3; round += 1) await look(drilled);
  const { many, before, posted } = drilled;
  expect(await tests(drilled)).toEqual([
    { name: "g1", status: "completed" },
    { name: "g2", status: "completed" },
  ]);
  expect(posted).toMatchObject([{ is_success: true, operation: { status: "completed" } }]);
  expect(targetCloud(many.sites.world.describe())).toEqual(before);
  many.sites.stop();
});

test("a group whose test fails in a drill of a plan that is held is taken back by itself, the others go by their time", async () => {
  const drilled = await scheduled({ hold_seconds: 1800 });
  const { many, before, posted } = drilled;
  const { sites } = many;
  const fault = { kind: "refuse", status: 400, body: { NeutronError: { message: "no more segments" } } } as const;
  // Each group copies one network; that of g2 comes second.
  sites.world.conditions.inject({ service: "site-b/neutron", method: "POST", path: /\/networks$/, skip: 1, fault });
  await look(drilled);
  expect(await tests(drilled)).toMatchObject([{ status: "completed" }, { status: "failed" }]);
  expect(runningAt(many, "site-b")).toEqual(["srv-1-test"]);
  await look(drilled);
  await look(drilled);
  expect(await tests(drilled)).toMatchObject([{ status: "completed" }, { status: "rolled_back" }]);
  expect(posted).toMatchObject([{ is_success: false, operation: { status: "completed_with_errors" } }]);
  await sites.clock.advance(1_900_000);
  await look(drilled);
  expect(targetCloud(sites.world.describe())).toEqual(before);
  expect(runningAt(many, "site-a")).toEqual(["srv-1", "srv-2"]);
  sites.stop();
});
