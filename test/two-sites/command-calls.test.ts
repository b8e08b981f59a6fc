import { ROUTES, type RouteName } from "@protector/contract";
import { beforeEach, describe, expect, it } from "vitest";
import { CALLS, commandReference, describeCommands, FLOW_CALLS } from "../../packages/cli/src/index.ts";
import { activeGroup } from "../../packages/server/src/api/testing.ts";
import { advanceOperations } from "./engine-stand-in.ts";
import { type Harness, openHarness } from "./harness.ts";

const ADMIN = "--os-cloud admin-a --secondary-cloud admin-b";

const SCHEDULE = 'drill-schedule create monthly --protection-group shop --cron "0 3 1 * *"';

/** Lines by command; `OPERATION` stands for one that has ended. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  "site list": ["site list", `site list ${ADMIN}`],
  "site show": [`site show site-b ${ADMIN}`],
  "site set": [`site set site-b --description far ${ADMIN}`],
  "tenant-mapping list": [`tenant-mapping list ${ADMIN}`],
  "tenant-mapping create": [`tenant-mapping create --project demo --secondary-project demo ${ADMIN}`],
  "protection-group create": ["pg create other"],
  "protection-group list": ["pg list"],
  "protection-group show": ["pg show shop"],
  "protection-group set": ["pg set shop --description new"],
  "protection-group delete": [
    "pg create empty",
    "pg delete empty --wait",
    "pg delete shop --peer-lost --reason lost-for-good --no-wait --secondary-cloud nowhere",
  ],
  "protection-group replicate": ["pg replicate shop --wait"],
  "protection-group policy-show": ["pg policy-show shop"],
  "protection-group policy-update": ["pg policy-update shop --rpo-minutes 30 --wait"],
  "protection-group sync-status": ["pg sync-status shop"],
  "protection-group sync-force": ["pg sync-force shop"],
  "protection-group readiness": [
    "pg readiness shop",
    "pg readiness shop --check --timeout 3",
    "pg readiness shop --history",
  ],
  "policy show": ["policy show shop"],
  "policy delete": ["policy delete shop --wait"],
  "member list": ["member list shop"],
  "member show": ["member show shop nobody"],
  "member set": ["member set shop nobody --tier 2"],
  "mapping show": ["mapping show shop", "mapping show"],
  "mapping set": ["mapping set shop --network public=public", "mapping set --network public=public"],
  "mapping suggest": ["mapping suggest shop", "mapping suggest"],
  "mapping export": ["mapping export shop", "mapping export"],
  "mapping import": ["mapping import shop --from-file ./clouds.yaml --dry-run"],
  "recovery-point list": ["recovery-point list shop"],
  "kept-snapshot list": ["kept-snapshot list shop"],
  "kept-snapshot delete": ["kept-snapshot delete shop never-cut --yes"],
  "site failover": [`site failover site-a --dry-run ${ADMIN}`],
  "recovery-plan create": ["recovery-plan create all shop"],
  "recovery-plan list": ["recovery-plan create all shop", "recovery-plan list"],
  "recovery-plan show": ["recovery-plan create all shop", "recovery-plan show all"],
  "recovery-plan run": ["recovery-plan create all shop", "recovery-plan run all --dry-run"],
  failover: ["failover shop --dry-run"],
  reclaim: ["reclaim shop --dry-run"],
  "test-failover": ["test-failover shop --dry-run"],
  "test-cleanup": ["test-cleanup shop"],
  "drill-schedule create": [SCHEDULE],
  "drill-schedule list": ["drill-schedule list"],
  "drill-schedule show": [SCHEDULE, "drill-schedule show monthly"],
  "drill-schedule set": [SCHEDULE, "drill-schedule set monthly --disable"],
  "drill-schedule delete": [SCHEDULE, "drill-schedule delete monthly"],
  "test-promote": ["test-promote shop --dry-run"],
  "operation list": ["operation list", "operation list --limit 1", "operation list --marker OPERATION"],
  "operation show": ["operation show OPERATION"],
  "operation watch": ["operation watch OPERATION"],
  "operation report": ["operation report OPERATION"],
  "operation cancel": ["operation cancel OPERATION"],
  "operation skip": ["operation skip OPERATION --step nothing --reason nobody-needs-it"],
  "operation commit": ["operation commit OPERATION"],
  "operation abandon": ["operation abandon OPERATION --reason no-longer-wanted"],
  "service list": [`service list ${ADMIN}`],
  "health show": ["health", "health show --site site-b"],
  doctor: ["doctor"],
};

/** Calls that need more than the lines provoke: a conflict, a member, a first mapping, a kept snapshot. */
const RARE: readonly RouteName[] = [
  "mappings.show",
  "mappings.update",
  "mappings.show_defaults",
  "mappings.update_defaults",
  "kept_snapshots.delete",
  "sync.document",
  "sync.force",
  "members.update",
  "readiness.show",
  "tenant_mappings.index",
];

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await activeGroup(harness.sites);
  harness.meanwhile = async () => {
    await advanceOperations(harness.sites.a);
    await advanceOperations(harness.sites.b);
  };
});

describe("what the documentation says a command asks of the API", () => {
  it.each(Object.entries(LINES))("is what it asks: %s", async (words, lines) => {
    const calls = CALLS[words];
    const codes = exitCodesOf(words);
    const { id } = await harness.sites.a.database.db.selectFrom("dr_operations").select("id").executeTakeFirstOrThrow();
    const seen = new Set<RouteName>();
    for (const line of lines) {
      harness.requests.length = 0;
      const { code, stderr } = await harness.run(line.replace("OPERATION", id));
      expect({ line, stderr, isKnown: codes.includes(code) }).toEqual({ line, stderr, isKnown: true });
      for (const { call } of harness.requests) seen.add(routeOf(call));
    }
    const own = FLOW_CALLS[calls?.flow ?? "one"];
    const known = new Set<RouteName>([
      ...(calls?.routes ?? []),
      ...own,
      ...(lines.includes(SCHEDULE) ? FLOW_CALLS.inspect : []),
      "protection_groups.create",
      "recovery_plans.create",
      "drill_schedules.create",
    ]);
    expect([...seen].filter((route) => !known.has(route))).toEqual([]);
    expect((calls?.routes ?? []).filter((route) => !seen.has(route) && !RARE.includes(route))).toEqual([]);
  });

  it("is said of every command, and of no other", () => {
    const commands = describeCommands().commands.map(({ words }) => words.join(" "));
    expect(Object.keys(CALLS).sort()).toEqual([...commands].sort());
  });
});

function exitCodesOf(words: string): readonly number[] {
  const commands = commandReference().flatMap((section) => section.commands);
  return commands.find(({ usage }) => usage === words || usage.startsWith(`${words} `))?.exitCodes ?? [];
}

/** The route of a method and path whose ids are stars. */
function routeOf(call: string): RouteName {
  const found = Object.entries(ROUTES).find(
    ([, { method, path }]) => `${method} ${path.replaceAll(/\{\w+\}/g, "*")}` === call,
  );
  if (!found) throw new Error(`no route for ${call}`);
  return found[0] as RouteName;
}
