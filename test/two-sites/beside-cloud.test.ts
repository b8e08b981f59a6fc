import { beforeEach, expect, it } from "vitest";
import { activeGroup } from "../../packages/server/src/api/testing.ts";
import { type Harness, openHarness } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await activeGroup(harness.sites);
});

const NAMED = { OS_CLOUD: "site-a", OS_SECONDARY_CLOUD: "site-b" };

it("OS_REGION_NAME counts beside OS_CLOUD: a region that the cloud has not is wrong usage", async () => {
  const { code, stderr } = await harness.run("pg list", { env: { ...NAMED, OS_REGION_NAME: "RegionTwo" } });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining("has no region RegionTwo; it has RegionOne"),
  });
});

it("an option goes over the environment, which goes over the cloud; the peer's cloud is left as it is", async () => {
  const env = { ...NAMED, OS_PASSWORD: "wrong", OS_REGION_NAME: "RegionTwo" };
  const { code, stderr } = await harness.run("pg show shop --os-password secret --os-region-name RegionOne", { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

it("a variable that stands in for what a named cloud says is told", async () => {
  const { code, stderr } = await harness.run("pg list", { env: { ...NAMED, OS_PASSWORD: "wrong" } });
  expect(code).toBe(1);
  expect(stderr).toContain('OS_PASSWORD of the environment stands in for what cloud "site-a" says, as in openstack.');
  expect(stderr).toContain("Login at site-a failed");
});
