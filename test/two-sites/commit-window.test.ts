import type { Operation } from "@protector/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { protectShop } from "./protected-shop.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
  await protectShop(here);
});
afterEach(() => here.stop());

it("a failover with a commit window says so before, waits when its servers run, and is rolled back or committed", async () => {
  const { code, stdout, stderr } = await here.run("failover shop --commit-window 4h --yes --wait");
  expect(code).toBe(0);
  expect(stdout.replaceAll(/\s+/g, " ")).toContain(
    "For 240 min after the servers run at site-b, rollback still brings",
  );
  const [open] = await here.read<readonly Operation[]>("operation list --type failover");
  expect(open).toMatchObject({ status: "waiting", phase: "commit" });
  expect(stderr).toContain(`Keep it: protector operation commit ${open?.id}.`);
  const back = await here.read<Operation>(`operation rollback ${open?.id} --wait`);
  expect(back).toMatchObject({ status: "rolled_back", leftovers: [] });
  expect(await here.read("pg show shop")).toMatchObject({ status: "active", sync_status: "IN SYNC" });
  await here.must("failover shop --commit-window 4h --at-window-end rollback --yes --wait");
  const again = await here.read<readonly Operation[]>("operation list --type failover");
  const ours = again.find(({ status }) => status === "waiting");
  expect(await here.read<Operation>(`operation commit ${ours?.id} --wait`)).toMatchObject({ status: "completed" });
  expect(await here.read("pg show shop")).toMatchObject({ status: "failed_over", sync_status: "IN SYNC" });
  const late = await here.run(`operation rollback ${ours?.id}`);
  expect([late.code, late.stderr.replaceAll(/\s+/g, " ")]).toEqual([3, expect.stringContaining("It is over:")]);
  const wrong = await here.run("failover shop --at-window-end rollback --yes");
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringContaining("--at-window-end goes with --commit-window."),
  ]);
});
