import type { Operation, RecoveryPoint } from "@protector/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { protectShop } from "./shop.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
});
afterEach(() => here.stop());

const protect = (testType: string) => protectShop(here, { members: ["db-01", "web-01"], testType });

const serversAtB = () => [...here.sites.world.cloud("site-b").compute.servers.values()].map(({ name }) => name).sort();

it("tests a group beside production, says until when it stands, and cleans it up", async () => {
  await protect("plain");
  const test = await here.read<Operation>("test-failover shop --yes --wait --time-limit 4h --suffix -drill");
  expect(test).toMatchObject({ type: "test_failover", status: "completed", phase: "standing" });
  expect(test.status_reason).toBe("the test stands for 4 h, then it is cleaned up");
  expect(serversAtB()).toEqual(["db-01-drill", "web-01-drill"]);
  expect(await here.read("pg show shop")).toMatchObject({ status: "active", current_operation_id: null });
  const cleaned = await here.read<Operation>("test-cleanup shop --wait");
  expect(cleaned).toMatchObject({ type: "test_cleanup", status: "completed", leftovers: [] });
  expect(serversAtB()).toEqual([]);
  expect(await here.run("test-cleanup shop --wait")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("No test of protection group"),
  });
});

it("refuses a test whose volumes would replicate, with exit code 3 and the remedy", async () => {
  await protect("replicated");
  const { code, stdout } = await here.run("test-failover shop --yes --wait");
  expect(code).toBe(3);
  expect(stdout.replaceAll(/\s+/g, " ")).toContain("protector mapping set shop --test-volume-type HERE=THERE");
  expect(serversAtB()).toEqual([]);
});

it("cleans up by itself when that was asked for", async () => {
  await protect("plain");
  const points = await here.read<readonly RecoveryPoint[]>("recovery-point list shop");
  await here.must(`test-failover shop --yes --wait --auto-cleanup --point ${points[0]?.name}`);
  await here.until("the test to be cleaned up", async () => serversAtB().length === 0);
});
