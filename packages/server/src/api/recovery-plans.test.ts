import type { RecoveryPlanDocument } from "@protector/contract";
import { seedUser } from "@protector/simulator";
import { beforeEach, describe, expect, it } from "vitest";
import { activeGroup, send, type TestSite, type TestSites, twoSites } from "./testing.ts";

let sites: TestSites;
let groups: string[];
beforeEach(async () => {
  sites = await twoSites();
  groups = [await activeGroup(sites, "database"), await activeGroup(sites, "shop"), await activeGroup(sites, "mail")];
});

type Wish = { tier?: number; depends_on?: string[] };

const place = (index: number, wish: Wish = {}) => ({ protection_group_id: groups[index] ?? "", ...wish });

function create(places: ReturnType<typeof place>[], name = "everything", site: TestSite = sites.a) {
  const body = { recovery_plan: { name, groups: places } };
  return send(site, "recovery_plans.create", { path: { project_id: site.projectId }, body });
}

async function created(...places: ReturnType<typeof place>[]) {
  const { status, body, errors } = await create(places);
  expect({ status, errors }).toEqual({ status: 201, errors: [] });
  return body.recovery_plan;
}

const at = (site: TestSite, id: string) => ({ project_id: site.projectId, id });

async function documentOf(site: TestSite, id: string): Promise<RecoveryPlanDocument> {
  return (await send(site, "recovery_plans.document", { path: at(site, id) })).body;
}

async function deliver(to: TestSite, document: RecoveryPlanDocument) {
  return send(to, "recovery_plans.deliver", { path: at(to, document.recovery_plan_id), body: document });
}

describe("what a plan may say", () => {
  it("is refused with the names when groups wait for each other, also by their tiers", async () => {
    const cycle = await create([
      place(0, { depends_on: [groups[1] ?? ""] }),
      place(1, { depends_on: [groups[0] ?? ""] }),
    ]);
    expect(cycle.errors[0]).toMatchObject({
      code: "protector.recovery_plan.cycle",
      detail: 'The start order has a cycle: "database" -> "shop" -> "database".',
    });
    const tiers = await create([place(0, { depends_on: [groups[1] ?? ""] }), place(1, { tier: 1 })]);
    expect(tiers.errors[0]?.detail).toBe(
      'Protection group "database" of tier 0 depends on "shop" of tier 1, which starts later.',
    );
  });

  it("is refused for a group twice, one that is not there, and a dependency outside of it", async () => {
    const twice = await create([place(1), place(1)]);
    const dangling = await create([place(0, { depends_on: [groups[2] ?? ""] })]);
    const unknown = await create([{ protection_group_id: "00000000-0000-4000-8000-000000000000" }]);
    expect([twice, dangling, unknown].map(({ errors }) => errors[0]?.code)).toEqual(
      Array(3).fill("protector.recovery_plan.invalid"),
    );
    expect(twice.errors[0]?.detail).toBe('Protection group "shop" is in the plan twice.');
  });

  it("has a name of its own in the project, and one that was deleted is free again", async () => {
    const plan = await created(place(0));
    expect((await create([], "everything")).errors[0]?.code).toBe("protector.recovery_plan.name_exists");
    expect((await send(sites.a, "recovery_plans.delete", { path: at(sites.a, plan.id) })).status).toBe(204);
    expect((await send(sites.a, "recovery_plans.show", { path: at(sites.a, plan.id) })).status).toBe(404);
    expect((await create([])).status).toBe(201);
  });

  it("is changed only by who has seen it as it is", async () => {
    const plan = await created(place(0));
    const change = (generation: number) =>
      send(sites.a, "recovery_plans.update", {
        path: at(sites.a, plan.id),
        body: { recovery_plan: { concurrency: 9, generation } },
      });
    expect((await change(7)).errors[0]?.code).toBe("protector.generation.conflict");
    expect((await change(1)).body.recovery_plan).toMatchObject({ concurrency: 9, generation: 2, group_count: 1 });
  });
});

it("a plan shows its groups and whether all of them are ready", async () => {
  const plan = await created(place(0), place(1, { tier: 1 }));
  const ready = (id: string | undefined, is_failover_ready: 0 | 1) =>
    sites.a.database.db
      .updateTable("protection_groups")
      .set({ is_failover_ready })
      .where("id", "=", id ?? "")
      .execute();
  const shown = async () =>
    (await send(sites.a, "recovery_plans.show", { path: at(sites.a, plan.id) })).body.recovery_plan;
  await ready(groups[0], 1);
  expect((await shown()).is_failover_ready).toBeNull();
  await ready(groups[1], 0);
  expect(await shown()).toMatchObject({ is_failover_ready: false, member_count: 0, expected_duration_seconds: null });
  await ready(groups[1], 1);
  expect(await shown()).toMatchObject({
    is_failover_ready: true,
    groups: [
      { name: "database", tier: 0, status: "active" },
      { name: "shop", tier: 1, status: "active" },
    ],
  });
});

it("a group that is in a plan is not deleted", async () => {
  await created(place(1));
  const { errors } = await send(sites.a, "protection_groups.delete", { path: at(sites.a, groups[1] ?? "") });
  expect(errors[0]).toMatchObject({
    code: "protector.protection_group.in_recovery_plan",
    detail: 'Protection group "shop" is in recovery plan "everything".',
  });
});

describe("a plan at the other site", () => {
  it("is the same, signed by the site that made it", async () => {
    const plan = await created(place(0), place(1, { tier: 1 }));
    expect((await deliver(sites.b, await documentOf(sites.a, plan.id))).status).toBe(204);
    const there = (await send(sites.b, "recovery_plans.show", { path: at(sites.b, plan.id) })).body.recovery_plan;
    expect(there).toMatchObject({ name: "everything", generation: 1, digest: plan.digest, group_count: 2 });
  });

  it("is refused when anything of the document was changed on the way, or it is of another project", async () => {
    const { id } = await created(place(0));
    const document = await documentOf(sites.a, id);
    const changed = await deliver(sites.b, { ...document, decided: { ...document.decided, concurrency: 25 } });
    const foreign = await deliver(sites.b, { ...document, project_id: "another" });
    expect([changed, foreign].map(({ errors }) => errors[0]?.code)).toEqual(Array(2).fill("protector.sync.untrusted"));
  });

  it("takes a deletion, and no older version after it", async () => {
    const { id } = await created(place(0));
    const older = await documentOf(sites.a, id);
    await send(sites.a, "recovery_plans.delete", { path: at(sites.a, id) });
    expect((await deliver(sites.b, await documentOf(sites.a, id))).status).toBe(204);
    expect((await deliver(sites.b, older)).errors[0]?.code).toBe("protector.recovery_plan.stale");
    expect(
      (await send(sites.b, "recovery_plans.index", { path: { project_id: sites.b.projectId } })).body.recovery_plans,
    ).toEqual([]);
  });

  it("comes to the same version at both when both have changed it, whoever carries first", async () => {
    const { id } = await created(place(0));
    await deliver(sites.b, await documentOf(sites.a, id));
    for (const [site, name] of [
      [sites.a, "of a"],
      [sites.b, "of b"],
    ] as const)
      await send(site, "recovery_plans.update", { path: at(site, id), body: { recovery_plan: { name } } });
    const [fromA, fromB] = [await documentOf(sites.a, id), await documentOf(sites.b, id)];
    await deliver(sites.a, fromB);
    await deliver(sites.b, fromA);
    const names = [sites.a, sites.b].map(async (site) => (await documentOf(site, id)).decided.name);
    const [here, there] = await Promise.all(names);
    expect(here).toBe(there);
  });
});

describe("a run", () => {
  const run = (id: string, body: object, token?: string) =>
    send(sites.b, "recovery_plans.action", { path: at(sites.b, id), body: body as never, ...(token ? { token } : {}) });

  it("is one operation over the plan's groups, and one at a time", async () => {
    const { id } = await created(place(0), place(1));
    await deliver(sites.b, await documentOf(sites.a, id));
    const first = await run(id, { failover: { mode: "planned", concurrency: 2 } });
    expect(first.body.operation).toMatchObject({
      type: "site_failover",
      mode: "planned",
      status: "pending",
      protection_group_id: null,
      protection_group_name: "everything",
      recovery_plan_id: id,
    });
    expect(sites.b.announced).toContain(first.body.operation.id);
    const second = await run(id, { failover: { mode: "planned" } });
    expect(second.errors[0]).toMatchObject({
      code: "protector.recovery_plan.busy",
      operation_id: first.body.operation.id,
    });
    expect((await run(id, { failover: { mode: "planned", dry_run: true } })).status).toBe(202);
    const { body } = await send(sites.b, "operations.show", { path: at(sites.b, first.body.operation.id) });
    expect(body.operation).toMatchObject({ children: [], verbs: ["cancel", "abandon"] });
  });

  it("of a plan without groups is refused", async () => {
    const { id } = await created();
    await deliver(sites.b, await documentOf(sites.a, id));
    expect((await run(id, { test_failover: {} })).errors[0]?.code).toBe("protector.recovery_plan.empty");
  });

  it("needs the right to do the same with one group", async () => {
    const { id } = await created(place(0));
    const reader = await sites.b.token("reader");
    expect((await run(id, { test_failover: {} }, reader)).status).toBe(403);
  });
});

describe("a site failover", () => {
  const all = (token: string, site = sites.b) =>
    send(site, "site_failovers.create", {
      path: { project_id: site.projectId },
      token,
      body: { action: { failover: { mode: "unplanned", dry_run: true } } },
    });

  it("is for the role dr_site_admin and administrators, not for members of a project", async () => {
    const cloud = sites.world.cloud("site-b");
    const project = [...cloud.identity.projects.values()].find(({ name }) => name === "demo");
    if (!project) throw new Error("no project");
    cloud.identity.createRole("dr_site_admin");
    seedUser(cloud, { name: "operator", password: "secret", project, roles: ["dr_site_admin"] });
    expect((await all(await sites.b.token("demo"))).errors[0]?.code).toBe("protector.policy.not_authorized");
    const { status, body } = await all(await sites.b.token("operator"));
    expect(status).toBe(202);
    expect(body.operation).toMatchObject({
      type: "site_failover",
      mode: "unplanned",
      recovery_plan_id: null,
      protection_group_name: "site-a",
    });
    // It names groups of other projects: whoever else is of the operator's project does not learn of it.
    const path = at(sites.b, body.operation.id);
    const asked = { path, body: { cancel: {} } };
    for (const [user, seen, cancelled] of [
      ["demo", 404, 404],
      ["operator", 200, 202],
    ] as const) {
      const token = await sites.b.token(user);
      const list = await send(sites.b, "operations.index", { path: { project_id: sites.b.projectId }, token });
      expect(list.body.operations.some(({ type }) => type === "site_failover")).toBe(seen === 200);
      expect((await send(sites.b, "operations.show", { path, token })).status).toBe(seen);
      expect((await send(sites.b, "operations.steps", { path, token })).status).toBe(seen);
      expect((await send(sites.b, "operations.action", { ...asked, token })).status).toBe(cancelled);
    }
  });
});
