import { afterEach, expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { watchReadiness } from "../../packages/server/src/engine/watch/readiness.ts";
import { protectThreeTier } from "../world/protected-group.ts";
import { createTwoSites, type TwoSites } from "../world/two-sites.ts";
import { groupRow, watchPorts } from "./watched-site.ts";

let sites: TwoSites;
afterEach(() => sites.stop());

async function ruleFindings(groupId: string) {
  await sites.clock.advance(900_000);
  await sites.clock.run(watchReadiness(watchPorts(sites, sites.a)));
  const { checks } = readJson((await groupRow(sites.a, groupId)).readiness);
  return checks
    .filter(({ check }) => check === "mapping.security_group_rules")
    .map(({ subject, severity, reason }) => ({ subject, severity, reason }));
}

test("mapped security groups are compared rule by rule, remote groups through the mapping", async () => {
  sites = await createTwoSites();
  const { a, b, world } = sites;
  const { id } = await protectThreeTier(sites);
  expect(await ruleFindings(id)).toEqual([]);
  const { networks } = world.cloud("site-b");
  networks.addRule(b.tenant.web, { direction: "ingress", protocol: "6", portMin: 22, portMax: 22 });
  const stranger = networks.createSecurityGroup({ name: "stranger", projectId: b.projectId });
  b.tenant.database.rules = b.tenant.database.rules.map((rule) =>
    rule.remoteGroupId === null ? rule : { ...rule, remoteGroupId: stranger.id },
  );
  const found = await ruleFindings(id);
  expect(found.map(({ subject, severity }) => `${subject} ${severity}`)).toEqual([
    "demo-database warning",
    "demo-web warning",
  ]);
  expect(found[0]?.reason).toBe(
    "Security group demo-database at site-a and demo-database at site-b have other rules; without a like there: ingress IPv4 tcp 5432 from group demo-web; only there: ingress IPv4 tcp 5432 from group stranger.",
  );
  expect(found[1]?.reason).toContain("only there: ingress IPv4 tcp 22 from anywhere.");
  networks.addRule(b.tenant.database, {
    direction: "ingress",
    protocol: "tcp",
    portMin: 5432,
    portMax: 5432,
    remoteGroupId: b.tenant.web.id,
  });
  b.tenant.database.rules = b.tenant.database.rules.filter(({ remoteGroupId }) => remoteGroupId !== stranger.id);
  expect((await ruleFindings(id)).map(({ subject }) => subject)).toEqual(["demo-web"]);
  expect(a.tenant.web.rules).toHaveLength(4);
});
