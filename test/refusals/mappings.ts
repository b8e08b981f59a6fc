import type { GROUP_ERRORS } from "../../packages/contract/src/error-catalogue-groups.ts";
import { writeJson } from "../../packages/server/src/db/codecs.ts";
import { protectShop } from "../two-sites/shop.ts";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import { type Provocations, sites } from "./provocation.ts";

const NOBODY = "99999999-9999-4999-8999-999999999999";

/** A failover's plan after kinds of mappings are gone at the site that would recover. */
const unmapped =
  (kind: "network" | "subnet" | "flavor" | "security_group" | "volume_type") => async (here: WorkingSites) => {
    await here.sites.b.connection.db.deleteFrom("resource_mappings").where("kind", "=", kind).execute();
    return "failover shop --dry-run";
  };

/** A plan names everything that stands in its way. */
const PLAN = { shared: "plan" };

export const MAPPINGS: Provocations<Extract<keyof typeof GROUP_ERRORS, `mapping.${string}`>> = {
  "mapping.invalid": sites(
    async ({ files }) => {
      const twice = "demo-front-subnet=10.10.0.9; demo-front-subnet=10.10.0.9";
      files.set("nics.csv", `member,nic,addresses\nweb-01,1,${twice}\n`);
      return "mapping import shop --from-file nics.csv --yes";
    },
    1,
    "10.10.0.9 is given to NIC",
  ),
  "mapping.network_unmapped": sites(
    unmapped("network"),
    3,
    /web-01: Network demo-front \([0-9a-f-]+\) is not mapped to site-b/,
    PLAN,
  ),
  "mapping.subnet_unmapped": sites(unmapped("subnet"), 3, /Subnet .* is not mapped to site-b/, PLAN),
  "mapping.flavor_unmapped": sites(
    unmapped("flavor"),
    3,
    /Flavor m1.small \([0-9a-f-]+\) is not mapped to site-b/,
    PLAN,
  ),
  "mapping.security_group_unmapped": sites(
    unmapped("security_group"),
    3,
    /Security group demo-web \([0-9a-f-]+\) is not mapped/,
    PLAN,
  ),
  "mapping.volume_type_unmapped": sites(
    unmapped("volume_type"),
    3,
    "Volume type replicated is not mapped to site-b",
    PLAN,
  ),
  "mapping.image_unmapped": sites(
    async (here) => {
      const { volumes } = here.sites.world.cloud("site-a");
      const root = [...volumes.volumes.values()].find(({ name }) => name === "app-01-root");
      if (root) root.imageMetadata = { ...root.imageMetadata, kernel_id: NOBODY };
      await here.must("member add shop app-01 --wait");
      return "failover shop --dry-run";
    },
    3,
    `app-01: Kernel image ${NOBODY}`,
  ),
  "mapping.test_volume_type_unmapped": sites(
    async (here) => {
      await protectShop(here);
      return "test-failover shop --dry-run";
    },
    3,
    "Volume type replicated is not mapped to a type for tests at site-b",
    { isNew: true },
  ),
  "mapping.nic_invalid": sites(
    async ({ sites: { world, b } }) => {
      const port = [...world.cloud("site-a").networks.ports.values()].find(({ name }) => name.startsWith("web-01"));
      const own = [{ mac_address: port?.macAddress ?? "", is_test: false, network_id: NOBODY }];
      const { db } = b.connection;
      await db
        .updateTable("pg_members")
        .set({ nics: writeJson(own) })
        .where("name", "=", "web-01")
        .execute();
      return "failover shop --dry-run";
    },
    3,
    /web-01: NIC [0-9a-f:]+: network 99999999-\S+ is not at site-b/,
  ),
  "mapping.target_missing": sites(
    async (here) => {
      const { db } = here.sites.b.connection;
      await db.updateTable("resource_mappings").set({ target_id: NOBODY }).where("kind", "=", "flavor").execute();
      return "failover shop --dry-run";
    },
    3,
    /Flavor m1.small .* is mapped to 99999999-.*, which is not at site-b/,
  ),
};
