import { afterEach, beforeEach, expect, it } from "vitest";
import { protectShop } from "./protected-shop.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
  await protectShop(here);
});
afterEach(() => here.stop());

it("reprotect shows what it will do, replicates back, and both sites say that the group is protected", async () => {
  await here.must("failover shop --yes --wait");
  expect(await here.read("pg show shop")).toMatchObject({ status: "failed_over", protection: "unprotected" });
  const { code, stdout } = await here.run("reprotect shop --yes --wait");
  expect(code).toBe(0);
  expect(stdout).toContain('Plan: reprotect of "shop" from site-b to site-a');
  expect(stdout).toMatch(/Expected data loss {4}none/);
  for (const cloud of ["site-a", "site-b"]) {
    const other = cloud === "site-a" ? "site-b" : "site-a";
    expect(await here.read(`pg show shop --os-cloud ${cloud} --secondary-cloud ${other}`)).toMatchObject({
      status: "failed_over",
      protection: "protected",
      sync_status: "IN SYNC",
    });
  }
});

it("reprotect of a group at home is refused with the reason", async () => {
  const { code, stderr } = await here.run("reprotect shop --yes --wait");
  expect(code).toBe(3);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain('Protection group "shop" is active at its home, site "site-a"');
});
