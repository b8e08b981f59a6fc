import type { SITE_ERRORS } from "../../packages/contract/src/error-catalogue-sites.ts";
import { send } from "../../packages/server/src/api/testing.ts";
import { seedProject } from "../../packages/simulator/src/index.ts";
import { ADMIN, answered, apis, type Provocations, shown, sites } from "./provocation.ts";

const NOBODY = "99999999-9999-4999-8999-999999999999";

export const SITES: Provocations<keyof typeof SITE_ERRORS> = {
  "site.not_found": apis(`site show atlantis ${ADMIN}`, 1, 'No site "atlantis" is registered at admin-a. There: site-'),
  "site.exists": apis(`site set site-b --name site-a ${ADMIN}`, 3, "site-a"),
  "site.in_use": apis(`site delete site-b ${ADMIN}`, 3, /Site "site-b" \([0-9a-f-]+\) is used by/),
  "site.ambiguous": apis(
    async ({ sites: { a } }) => {
      const token = await a.token("admin");
      const { site } = (await send(a, "versions.show", { path: {}, token: "" })).body;
      const { region: _, ...keys } = site ?? { region: null };
      const third = { ...keys, id: NOBODY, name: "site-c", auth_url: "http://c:5000/v3", api_url: "http://c:8788" };
      await send(a, "sites.create", { path: {}, token, body: { site: third as never } });
      const path = { project_id: a.projectId };
      return answered(
        await send(a, "protection_groups.create", { path, body: { protection_group: { name: "other" } } }),
      );
    },
    400,
    /registered peers are .*site-[bc].*site-[bc]/,
  ),
  "site.not_validated": sites(
    async (here) => {
      const { a, b } = here.sites;
      await a.connection.db.updateTable("sites").set({ username: null }).where("id", "=", b.id).execute();
      return shown(here, "pg replicate shop", "waiting");
    },
    0,
    "Site site-b is registered without user name and password",
  ),
  "tenant_mapping.not_found": apis(
    async ({ sites: { a } }) =>
      answered(await send(a, "tenant_mappings.delete", { path: { id: NOBODY }, token: await a.token("admin") })),
    404,
    NOBODY,
  ),
  "tenant_mapping.exists": apis(
    async ({ sites: { world } }) => {
      seedProject(world.cloud("site-b"), "third");
      return `tenant-mapping create --project demo --secondary-project third ${ADMIN}`;
    },
    3,
    "is mapped",
  ),
  "tenant_mapping.missing": apis("pg create x --os-username stranger --os-project-name other", 3, "is not mapped"),
};
