import type { OperationType } from "@protector/contract";
import { beforeEach, describe, expect, it } from "vitest";
import { readJson, readOptionalJson } from "../db/codecs.ts";
import { activeGroup, send, type TestSites, twoSites } from "./testing.ts";

let sites: TestSites;
let id: string;
beforeEach(async () => {
  sites = await twoSites();
  id = await activeGroup(sites);
});

type Failover = NonNullable<NonNullable<Parameters<typeof send<"protection_groups.action">>[2]["body"]>["failover"]>;

function failOver(failover: Failover) {
  const { b } = sites;
  return send(b, "protection_groups.action", { path: { project_id: b.projectId, id }, body: { failover } });
}

/** An operation of site B that holds the group there. */
async function hold(type: OperationType, status: "running" | "failed" = "running"): Promise<string> {
  const { b } = sites;
  const started = await failOver({ mode: "planned" });
  const { id: operationId } = started.body.operation;
  await b.database.db.updateTable("dr_operations").set({ type, status }).where("id", "=", operationId).execute();
  return operationId;
}

async function rowOf(operationId: string) {
  return sites.b.database.db
    .selectFrom("dr_operations")
    .selectAll()
    .where("id", "=", operationId)
    .executeTakeFirstOrThrow();
}

async function holder(): Promise<string | null> {
  const query = sites.b.database.db.selectFrom("protection_groups").select("current_operation_id").where("id", "=", id);
  return (await query.executeTakeFirstOrThrow()).current_operation_id;
}

describe("an unplanned failover", () => {
  it.each(["test_failover", "test_cleanup", "sync", "member_add", "member_remove"] as const)(
    "takes the group from a %s, which is cancelled at its next boundary",
    async (type) => {
      const held = await hold(type);
      expect((await failOver({ mode: "planned" })).errors[0]?.code).toBe("protector.protection_group.busy");
      const started = await failOver({ mode: "unplanned" });
      expect(started.status).toBe(202);
      expect(await holder()).toBe(started.body.operation.id);
      expect(readOptionalJson((await rowOf(held)).request)?.verb).toBe("cancel");
    },
  );

  it("leaves a failed holder as it is, but takes the group", async () => {
    const held = await hold("test_failover", "failed");
    const started = await failOver({ mode: "unplanned" });
    expect(await holder()).toBe(started.body.operation.id);
    expect(await rowOf(held)).toMatchObject({ status: "failed", request: null });
  });

  it("displaces nobody when it is a dry run", async () => {
    const held = await hold("test_failover");
    const dry = await failOver({ mode: "unplanned", dry_run: true });
    expect(dry.body.operation).toMatchObject({ type: "failover", mode: "unplanned", is_dry_run: true });
    expect(await holder()).toBe(held);
    expect((await rowOf(held)).request).toBeNull();
  });

  it("is refused beside another failover, with the verb that makes that one go on without its source", async () => {
    const held = await hold("failover");
    await sites.b.database.db.updateTable("dr_operations").set({ plan: "{}" }).where("id", "=", held).execute();
    const [error] = (await failOver({ mode: "unplanned" })).errors;
    expect(error?.code).toBe("protector.protection_group.busy");
    expect(error?.detail).toContain(`protector operation resume ${held} --as unplanned`);
    expect(await holder()).toBe(held);
  });

  it("takes the group from a planned failover that still waits for the lost site to be planned", async () => {
    const held = await hold("failover");
    const started = await failOver({ mode: "unplanned" });
    expect(await holder()).toBe(started.body.operation.id);
    expect(readOptionalJson((await rowOf(held)).request)?.verb).toBe("cancel");
  });

  it.each(["error", "failed_over", "failing_over"] as const)(
    "is not refused for the status %s, nor for where the group is at home",
    async (status) => {
      await sites.b.database.db
        .updateTable("protection_groups")
        .set({ status, home_site_id: sites.b.siteId })
        .where("id", "=", id)
        .execute();
      expect((await failOver({ mode: "planned" })).status).toBe(409);
      expect((await failOver({ mode: "unplanned" })).status).toBe(202);
    },
  );

  it("is refused at the site that is primary", async () => {
    const { a } = sites;
    const path = { project_id: a.projectId, id };
    const answer = await send(a, "protection_groups.action", { path, body: { failover: { mode: "unplanned" } } });
    expect(answer.errors[0]?.code).toBe("protector.protection_group.wrong_status");
  });

  it("keeps the reason with the operation and in the audit", async () => {
    const reason = "site A burnt down this morning";
    const started = await failOver({ mode: "unplanned", reason, recovery_point: "protector-1" });
    const row = await rowOf(started.body.operation.id);
    expect(readJson(row.parameters)).toMatchObject({ reason, recovery_point: "protector-1", as: "unplanned" });
    const events = await sites.b.database.db.selectFrom("audit_events").select(["action", "detail"]).execute();
    const event = events.find(({ action }) => action === "protection_groups.failover");
    expect(JSON.stringify(event?.detail)).toContain(reason);
  });

  it("alone knows a point and a reason", async () => {
    const [error] = (await failOver({ mode: "planned", recovery_point: "protector-1" })).errors;
    expect(error?.code).toBe("protector.request.invalid");
    expect((await failOver({ mode: "unplanned", reason: "short" })).errors[0]?.code).toBe("protector.request.invalid");
  });
});
