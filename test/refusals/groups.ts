import type { GROUP_ERRORS } from "../../packages/contract/src/error-catalogue-groups.ts";
import { send } from "../../packages/server/src/api/testing.ts";
import type { Harness } from "../two-sites/harness.ts";
import { answered, apis, type Provocations, shown, sites } from "./provocation.ts";
import { SERVERS, shopOf, withMembers } from "./shop-rows.ts";

const NOBODY = "99999999-9999-4999-8999-999999999999";

/** A request about the group, as it is. */
async function patch(harness: Harness, site: "a" | "b", changes: object) {
  const at = harness.sites[site];
  const path = { project_id: at.projectId, id: await shopOf(harness) };
  return answered(await send(at, "protection_groups.update", { path, body: { protection_group: changes } }));
}

const POLICY =
  "--primary-fa-api-token token-of-array-a --secondary-fa-api-token token-of-array-b --secondary-fa-url https://127.0.2.1";

export const GROUPS: Provocations<Exclude<keyof typeof GROUP_ERRORS, `member.${string}` | `mapping.${string}`>> = {
  "protection_group.not_found": apis("pg show nobody", 1, 'No protection group "nobody"'),
  "protection_group.name_exists": apis("pg create shop", 3, '"shop"'),
  "protection_group.not_primary": apis((harness) => patch(harness, "b", { description: "x" }), 409, "site-a"),
  "protection_group.given_up": apis(
    async (harness) => {
      const { b } = harness.sites;
      const id = await shopOf(harness);
      const given_up_at = "2026-01-05 08:00:00.000000";
      await b.database.db.updateTable("protection_groups").set({ given_up_at }).execute();
      const body = { failover: { mode: "unplanned" } } as const;
      return answered(await send(b, "protection_groups.action", { path: { project_id: b.projectId, id }, body }));
    },
    409,
    /site-a.* has given this site up as the second site of .*shop/,
  ),
  "protection_group.out_of_sync": apis(
    async (harness) => {
      await patch(harness, "a", { description: "x" });
      return patch(harness, "a", { description: "y" });
    },
    409,
    /has not confirmed generation \d of .*shop/,
  ),
  "protection_group.busy": apis(
    async (harness) => {
      await harness.run("policy update shop --rpo-minutes 60 --no-wait");
      return "pg set shop --name other";
    },
    3,
    /"shop" is being changed by group_create [0-9a-f-]{36}/,
  ),
  "protection_group.wrong_status": apis("failback shop --yes", 3, /"shop" is active at its home, site "site-a"/),
  "protection_group.not_empty": apis(
    async (harness) => {
      await withMembers(harness, SERVERS[0]);
      return "pg delete shop";
    },
    3,
    '"shop"',
  ),
  "protection_group.no_policy": apis(
    async (harness) => {
      await harness.run("pg create bare");
      return `member add bare ${NOBODY}`;
    },
    3,
    '"bare" has no replication policy',
  ),
  "policy.in_use": apis(
    async (harness) => {
      await withMembers(harness, SERVERS[0]);
      return "policy delete shop";
    },
    3,
    'policy of protection group "shop" is in use: the group has a member.',
  ),
  "generation.conflict": apis((harness) => patch(harness, "a", { description: "x", generation: 1 }), 409, "generation"),
  "hook.invalid": apis(
    async (harness) => {
      const { a } = harness.sites;
      const path = { project_id: a.projectId, id: await shopOf(harness) };
      const hook = {
        when: "before",
        of: "plan",
        tier: 3,
        member_id: null,
        url: "https://hooks.example.com",
        undo_url: null,
        timeout_seconds: 5,
        retries: 0,
        on_failure: "stop",
        in_tests: false,
      } as const;
      return answered(await send(a, "hooks.update", { path, body: { hooks: [hook] } }));
    },
    400,
    "names tier 3",
  ),
  "hook.dangling": apis("hook add shop --before tier:9 --url https://hooks.example.com", 1, "no member is in tier 9"),
  "hook.url_refused": apis("hook add shop --before plan --url https://127.0.0.1", 1, "https://127.0.0.1"),
  "hook.failed": sites(
    async (here) => {
      await here.must("hook add shop --before plan --url https://hooks.example.com/shop --retries 0");
      return shown(here, "failover shop --yes", "failed", "completed");
    },
    0,
    "https://hooks.example.com",
  ),
  "policy.not_found": apis(
    async (harness) => {
      await harness.run("pg create bare");
      return "policy show bare";
    },
    1,
    '"bare"',
  ),
  "policy.exists": apis(`policy create shop --primary-fa-url https://127.0.1.1 ${POLICY}`, 3, '"shop"'),
  "policy.array_refused": apis(
    async (harness) => {
      await harness.run("pg create bare");
      return `policy create bare --primary-fa-url https://192.0.2.1 ${POLICY}`;
    },
    1,
    "primary_fa_url https://192.0.2.1",
  ),
  "policy.backend_unknown": apis(
    async (harness) => {
      await harness.run("pg create bare");
      return "policy create bare --primary-backend gold --secondary-backend silver";
    },
    1,
    "primary_backend gold is not enabled",
  ),
};
