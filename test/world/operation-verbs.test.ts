import {
  OPERATION_STATUSES,
  OPERATION_TYPES,
  OPERATION_VERBS,
  type OperationType,
  type OperationVerb,
  ProtectorError,
  verbsFor,
} from "@protector/contract";
import { afterEach, expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { requestVerb } from "../../packages/server/src/db/repositories/operation-requests.ts";
import { stepsToSkip } from "../../packages/server/src/domain/skip-rules.ts";
import { awayGroup, goAway } from "./failback-run.ts";
import { orderFailover, type WritingGroup, writingGroup } from "./failover-run.ts";
import { groupRow } from "./homeward-run.ts";
import { run } from "./protected-group.ts";
import { operationRow, settleTest } from "./test-run.ts";
import { letBothSitesRest, lose, REASON, running } from "./unplanned-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

const LONGEST_MS = 3_600_000;

test("every verb in every status of every type is either for it, or refused with the verbs that are", async () => {
  writing = await writingGroup(1);
  const { sites, group } = writing;
  const { db } = sites.b.connection;
  const id = await sites.order(sites.b, group.id, { type: "failover", mode: "planned" });
  const ask = (verb: OperationVerb) =>
    requestVerb(sites.b.connection, { operationId: id, projectId: sites.b.projectId, verb, userId: "somebody" });
  const unhelped: string[] = [];
  for (const type of OPERATION_TYPES)
    for (const status of OPERATION_STATUSES)
      for (const past of [0, 1] as const) {
        const subject = { type, status, phase: null, isPastNoReturn: past === 1, isDryRun: false };
        const helpful = verbsFor(subject);
        const isOver = ["completed", "rolled_back", "cancelled", "superseded"].includes(status);
        if (helpful.length === 0 && !isOver) unhelped.push(`${type} ${status}`);
        for (const verb of OPERATION_VERBS) {
          await db
            .updateTable("dr_operations")
            .set({ type, status, phase: null, is_past_no_return: past, request: null })
            .where("id", "=", id)
            .execute();
          const outcome = await ask(verb).then(
            () => "taken",
            (error: ProtectorError) => `${error.code}: ${error.message}`,
          );
          const label = `${verb} of ${type} ${status} ${past}`;
          if (helpful.includes(verb)) expect({ label, outcome }).toEqual({ label, outcome: "taken" });
          else {
            const instead = helpful.length > 0 ? `What helps: ${helpful.join(", ")}.` : "It is over:";
            expect({ label, outcome }).toEqual({ label, outcome: expect.stringContaining(instead) });
            expect(outcome).toMatch(/^operation\.(wrong_status|past_no_return): /);
          }
        }
      }
  expect(unhelped).toEqual([]);
});

test("a run that only plans can be given up until it has ended; a failed one leaves nothing to ask for", async () => {
  writing = await writingGroup(1);
  const { sites, group } = writing;
  const { connection, projectId } = sites.b;
  const id = await sites.order(sites.b, group.id, { type: "failover", mode: "planned" });
  const ask = (verb: OperationVerb) =>
    requestVerb(connection, { operationId: id, projectId, verb, userId: "somebody" }).catch(
      (error: ProtectorError) => error.message,
    );
  const taken: string[] = [];
  for (const status of OPERATION_STATUSES)
    for (const verb of OPERATION_VERBS) {
      await connection.db.updateTable("dr_operations").set({ status, is_dry_run: 1, request: null }).execute();
      const answer = await ask(verb);
      if (typeof answer !== "string") taken.push(`${status} ${verb}`);
      else if (status === "failed") expect(answer).toContain("only made a plan. It is over:");
    }
  const open = ["pending", "running", "waiting", "paused"].flatMap((status) => [
    `${status} cancel`,
    `${status} abandon`,
  ]);
  expect(taken.toSorted()).toEqual([...open, "cancelling abandon", "rolling_back abandon"].toSorted());
});

test("what goes on again takes its group again, and is refused while another operation has it", async () => {
  writing = await writingGroup(1);
  const { sites, group } = writing;
  const { connection, projectId } = sites.b;
  const first = await sites.order(sites.b, group.id, { type: "failover", mode: "planned" });
  await connection.db.updateTable("dr_operations").set({ status: "failed" }).where("id", "=", first).execute();
  const second = await sites.order(sites.b, group.id, { type: "sync" });
  const retry = () => requestVerb(connection, { operationId: first, projectId, verb: "retry", userId: "somebody" });
  await expect(retry()).rejects.toMatchObject({ code: "protection_group.busy" });
  await connection.db.updateTable("protection_groups").set({ current_operation_id: null }).execute();
  await retry();
  expect(await groupRow(writing, "b")).toMatchObject({ current_operation_id: first });
  expect(second).not.toBe(first);
});

/** Refuses to build one server at site B. @returns what lets it be built. */
function strike(name: string): () => void {
  return writing.sites.world.conditions.inject({
    service: "site-b/nova",
    method: "POST",
    path: /\/servers$/,
    when: ({ body }) => body.includes(name),
    fault: { kind: "refuse", status: 400, body: { badRequest: { message: "struck" } } },
  });
}

function memberRows(site: "a" | "b") {
  return writing.sites[site].connection.db
    .selectFrom("pg_members")
    .select(["name", "status"])
    .orderBy("name")
    .execute();
}

test("a failed member makes the group partial; a retry that brings it up makes it whole", async () => {
  writing = await writingGroup();
  const { sites } = writing;
  const clear = strike("web-01");
  const id = await orderFailover(writing);
  expect(await settleTest(writing, id)).toBe("completed_with_errors");
  expect(await groupRow(writing, "b")).toMatchObject({ status: "failed_over_partial", current_operation_id: null });
  expect(await memberRows("b")).toEqual([
    { name: "app-01", status: "failed_over" },
    { name: "db-01", status: "failed_over" },
    { name: "web-01", status: "error" },
  ]);
  clear();
  const { connection, projectId } = sites.b;
  await requestVerb(connection, { operationId: id, projectId, verb: "retry", userId: sites.b.tenant.user.id });
  expect(await settleTest(writing, id)).toBe("completed");
  expect(await groupRow(writing, "b")).toMatchObject({ status: "failed_over", current_operation_id: null });
  expect((await memberRows("b")).map(({ status }) => status)).toEqual(Array(3).fill("failed_over"));
});

test("a member that is skipped is left out, with the reason in the report; the failover completes without it", async () => {
  writing = await writingGroup();
  const { sites } = writing;
  strike("web-01");
  const id = await orderFailover(writing);
  expect(await settleTest(writing, id)).toBe("completed_with_errors");
  await sites.ask(sites.b, id, { verb: "skip", member: "web-01", reason: "it is rebuilt from an image anyway" });
  expect(await settleTest(writing, id)).toBe("completed");
  const row = await operationRow(writing, id);
  expect(readJson(row.members).map(({ name, status }) => [name, status])).toContainEqual(["web-01", "skipped"]);
  expect(JSON.stringify(readJson(row.leftovers))).toContain("left out: it is rebuilt from an image anyway");
  expect(await groupRow(writing, "b")).toMatchObject({ status: "failed_over_partial", current_operation_id: null });
  expect(running(writing, "site-b")).toBe(2);
});

test("only what nothing else needs is skipped alone, and no member before the target is primary", () => {
  const step = (key: string, action: string, status: string, memberId: string | null = null) =>
    ({ key, action, status, memberId, output: null }) as const;
  const before = [
    step("marker.take", "marker.take", "failed"),
    step("stop.1", "server.stop", "failed", "1"),
    step("hook.0", "hook.call", "failed"),
    step("keep.1.0", "volume.keep", "completed", "1"),
    step("epoch.target", "marker.raise", "pending"),
  ];
  const ids = new Map([["db-01", "1"]]);
  const reason = "nobody needs it any more";
  const refusalOf = (wanted: { member?: string; step?: string }, steps = before) => {
    try {
      return stepsToSkip(steps, { reason, ...wanted }, ids).map(({ key }) => key);
    } catch (error) {
      return error instanceof ProtectorError ? `${error.code}: ${error.message}` : error;
    }
  };
  expect(refusalOf({ step: "hook.0" })).toEqual(["hook.0"]);
  expect(refusalOf({ step: "marker.take" })).toContain("Retry it, or roll the operation back.");
  expect(refusalOf({ step: "epoch.target" })).toContain("only one that has failed or waits");
  expect(refusalOf({ member: "db-01" })).toContain("roll the operation back, then take it out");
  const after = before.map((each) => (each.key === "epoch.target" ? { ...each, status: "completed" } : each));
  expect(refusalOf({ member: "db-01" }, after)).toEqual(["stop.1"]);
  expect(refusalOf({ member: "app-01" }, after)).toContain('Nothing of member "app-01" has failed');
});

test("abandoned after the point of no return the servers stay where they run, and the group is free again", async () => {
  writing = await writingGroup();
  const { sites, group } = writing;
  const id = await orderFailover(writing);
  const afterCommit = (_id: string, labels: readonly string[]) =>
    labels.some((label) => /^step active\..* completed/.test(label))
      ? sites.ask(sites.b, id, { verb: "abandon", reason: "the network there has to be rebuilt" })
      : undefined;
  const engine = sites.engine(sites.b, { observer: { afterCommit } });
  expect(await sites.settle(sites.b, id, engine, LONGEST_MS)).toBe("cancelled");
  const before = running(writing, "site-b");
  expect(before).toBeGreaterThan(0);
  await letBothSitesRest(writing);
  expect(running(writing, "site-b")).toBe(before);
  expect(await groupRow(writing, "b")).toMatchObject({
    status: "failed_over_partial",
    primary_site_id: sites.b.id,
    current_operation_id: null,
  });
  expect(JSON.stringify(readJson((await operationRow(writing, id)).leftovers))).toContain("not done: given up");
  // Nothing holds it: what is there can be protected.
  await run(sites, sites.b, group.id, { type: "reprotect" });
});

test("a rollback that waits for a dead site can be abandoned, and frees the group", async () => {
  writing = await writingGroup(1);
  const { sites } = writing;
  const id = await orderFailover(writing);
  let bringBack = () => {};
  const afterCommit = (_id: string, labels: readonly string[]) => {
    if (!labels.some((label) => /^step stop\..* completed/.test(label))) return;
    bringBack = lose(writing, sites.a, "black hole");
    return sites.ask(sites.b, id, { verb: "cancel" });
  };
  const engine = sites.engine(sites.b, { observer: { afterCommit } });
  expect(await sites.settle(sites.b, id, engine, 600_000)).toBe("rolling_back");
  const { connection, projectId } = sites.b;
  const userId = sites.b.tenant.user.id;
  await requestVerb(connection, { operationId: id, projectId, verb: "abandon", reason: REASON, userId });
  expect(await settleTest(writing, id)).toBe("cancelled");
  expect(await groupRow(writing, "b")).toMatchObject({ status: "active", current_operation_id: null });
  bringBack();
  await letBothSitesRest(writing);
  expect(running(writing, "site-a")).toBe(3);
});

test("a removal that is taken back leaves the member as it was, away from home too", async () => {
  writing = await writingGroup(2);
  await goAway(writing);
  const { sites, group } = writing;
  const before = await memberRows("b");
  const { db } = sites.b.connection;
  const memberId = group.memberIds[1] ?? "";
  await db.updateTable("pg_members").set({ status: "removing" }).where("id", "=", memberId).execute();
  const parameters = { member_id: memberId };
  const id = await sites.order(sites.b, group.id, { type: "member_remove", parameters });
  const afterCommit = (_id: string, labels: readonly string[]) =>
    labels.some((label) => /^step marker.take .*completed/.test(label))
      ? sites.ask(sites.b, id, { verb: "cancel" })
      : undefined;
  expect(await sites.settle(sites.b, id, sites.engine(sites.b, { observer: { afterCommit } }))).toBe("cancelled");
  expect(await memberRows("b")).toEqual(before);
});

/** How each type that a person starts is begun; where the group has to be first. */
const STARTS: readonly (readonly [OperationType, "home" | "away", "a" | "b", "planned" | "unplanned" | undefined])[] = [
  ["failover", "home", "b", "planned"],
  ["failover", "home", "b", "unplanned"],
  ["test_failover", "home", "b", undefined],
  ["sync", "home", "a", undefined],
  ["reclaim", "home", "a", undefined],
  ["reprotect", "away", "b", undefined],
  ["failback", "away", "a", undefined],
];

test.each(STARTS)(
  "%s from %s, waiting for an outage: rollback and abandon both end it and free the group",
  async (type, from, at, mode) => {
    for (const verb of ["rollback", "abandon"] as const) {
      writing =
        from === "home" ? await writingGroup(1) : type === "failback" ? await awayGroup(1) : await writingGroup(1);
      if (type === "reprotect") await goAway(writing);
      const { sites, group } = writing;
      const parameters = mode === "unplanned" ? { as: "unplanned", reason: REASON } : {};
      const id = await sites.order(sites[at], group.id, { type, ...(mode ? { mode } : {}), parameters });
      const ends: (() => void)[] = [];
      let completed = 0;
      const afterCommit = (_id: string, labels: readonly string[]) => {
        if (!labels.some((label) => /^step .* completed/.test(label))) return;
        completed += 1;
        if (completed !== 2) return;
        ends.push(sites.world.conditions.inject({ service: "*", fault: { kind: "unreachable" } }));
      };
      const engine = sites.engine(sites[at], { observer: { afterCommit } });
      const stuck = await sites.settle(sites[at], id, engine, 300_000);
      await engine.stop();
      const label = `${verb} of ${type}`;
      expect({ label, stuck: ["waiting", "failed", "paused"].includes(stuck) }).toEqual({ label, stuck: true });
      for (const end of ends) end();
      const row = await operationRow(writing, id, sites[at]);
      const subject = {
        type,
        status: row.status,
        phase: row.phase,
        isPastNoReturn: row.is_past_no_return === 1,
        isDryRun: false,
      };
      const asked = verbsFor(subject).includes(verb) ? verb : "resume";
      await sites.ask(sites[at], id, { verb: asked, reason: "nobody can wait for it any longer" });
      const status = await sites.settle(sites[at], id, sites.engine(sites[at], { host: "engine-2" }), LONGEST_MS);
      const wanted = { rollback: "rolled_back", abandon: "cancelled", resume: "completed" }[asked];
      expect({ label, status }).toEqual({ label, status: wanted });
      expect(await groupRow(writing, at)).toMatchObject({ current_operation_id: null });
      await letBothSitesRest(writing);
      const names = sites.world.describe().arrays.flatMap(({ volumes }) => volumes.map(({ name }) => name));
      expect({ label, held: names.filter((name) => /^protector-[0-9a-f]{12}-e\d+-(?!idle)/.test(name)) }).toEqual({
        label,
        held: [],
      });
      sites.stop();
    }
  },
);
