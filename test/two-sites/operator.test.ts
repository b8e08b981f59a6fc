import type { Operation } from "@protector/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestSite } from "../world/test-site.ts";
import { protectShop } from "./shop.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

const AT_B = { env: { OS_CLOUD: "site-b", OS_SECONDARY_CLOUD: "site-a" } };

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
});
afterEach(() => here.stop());

/** Starts a failover and lets it come to a phase. */
async function failoverIn(phase: string): Promise<string> {
  const { id } = await here.read<Operation>("failover shop --yes --no-wait");
  await here.until(`the failover is in ${phase}`, async () => (await rowOf(id)).phase === phase);
  return id;
}

function rowOf(id: string) {
  const { db } = here.sites.b.connection;
  return db.selectFrom("dr_operations").select(["phase", "status"]).where("id", "=", id).executeTakeFirstOrThrow();
}

/** A failover that has stopped its first server and waits, because the array at the source gives no answer until it is mended. */
async function failoverWithoutSourceArray(): Promise<{ readonly id: string; mend(): void }> {
  const id = await failoverIn("quiesce");
  await here.until("web-01 is stopped", async () => serversAt(here.sites.a).some(({ runs }) => !runs));
  const mend = here.sites.world.conditions.inject({ service: "array-a", fault: { kind: "unreachable" } });
  await waits(id);
  return { id, mend };
}

const waits = (id: string) => here.until("the operation waits", async () => (await rowOf(id)).status === "waiting");

/** Every server of a site: whether its guest runs, and who has locked it. */
function serversAt({ name }: TestSite) {
  const cloud = here.sites.world.cloud(name);
  return [...cloud.compute.servers.values()]
    .map((server) => ({ name: server.name, runs: cloud.guest(server.id).isRunning, lockedBy: server.lockedBy }))
    .sort((one, two) => (one.name < two.name ? -1 : 1));
}

const RUNNING = ["app-01", "db-01", "web-01"].map((name) => ({ name, runs: true, lockedBy: undefined }));

describe("a failover as its operator sees it", () => {
  it("runs to its end with exit code 0 and reports what it did", async () => {
    await protectShop(here);
    const done = await here.read<Operation>("failover shop --yes --wait");
    expect(done).toMatchObject({ status: "completed", is_past_no_return: true, data_loss_seconds: 0, leftovers: [] });
    expect(done.members.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "db-01 failed_over",
      "app-01 failed_over",
      "web-01 failed_over",
    ]);
    expect(serversAt(here.sites.b)).toEqual(RUNNING);
    expect(serversAt(here.sites.a).map(({ runs }) => runs)).toEqual([false, false, false]);
    expect(await here.read("pg show shop")).toMatchObject({ status: "failed_over", sync_status: "IN SYNC" });
  });

  it("starts nothing while a network is not mapped: exit code 3, the sentence that says so, and the remedy", async () => {
    await protectShop(here, { unmapped: "network" });
    const network = here.sites.a.tenant.front.network.id;
    const { code, stdout } = await here.run("failover shop --yes --wait");
    expect(code).toBe(3);
    const text = stdout.replaceAll(/\s+/g, " ");
    expect(text).toContain(
      `- web-01: Network demo-front (${network}) is not mapped to site-b. Remedy: See what fits there: protector mapping suggest`,
    );
    expect(text).toContain("protector mapping set shop --network HERE=THERE");
    expect(serversAt(here.sites.a)).toEqual(RUNNING);
    expect(await here.read("pg show shop")).toMatchObject({ status: "active", current_operation_id: null });
  });

  it.each([
    "failover shop --yes",
    "failover shop --dry-run",
    "pg set shop --name other",
    "pg replicate shop",
    "member remove shop web-01",
  ])(
    "%s is refused while another operation holds the group: exit code 3, and that operation is named",
    async (line) => {
      await protectShop(here);
      const id = await failoverIn("quiesce");
      const { code, stderr } = await here.run(line);
      expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(id) });
    },
  );

  it("is told of by protection-group show before the primary knows of it", async () => {
    await protectShop(here);
    const id = await failoverIn("quiesce");
    const { stdout, stderr } = await here.run("pg show shop");
    expect(`${stdout}${stderr}`).toContain(id);
    expect(`${stdout}${stderr}`).toContain("failing_over");
  });

  it("is refused away from home, where nothing replicates back: exit code 3", async () => {
    await protectShop(here);
    await here.must("failover shop --yes --wait");
    const { code, stderr } = await here.run("failover shop --yes");
    expect(code).toBe(3);
    expect(stderr).toContain('Protection group "shop" runs at site "site-b", away from its home');
  });

  it("tells a plan that was only looked at from a failover in the list of operations", async () => {
    await protectShop(here);
    await here.must("failover shop --dry-run", "failover shop --yes --wait");
    const { stdout } = await here.run("operation list --type failover -f csv -c is_dry_run -c status");
    expect(stdout.trim().split("\n")).toEqual(["is_dry_run,status", "no,completed", "yes,completed", "yes,completed"]);
  });
});

describe("a group that has failed over", () => {
  it("can be emptied and deleted; its servers go on running where they are", async () => {
    await protectShop(here);
    await here.must(
      "failover shop --yes --wait",
      "member remove shop web-01 app-01 db-01 --wait",
      "pg delete shop --wait",
    );
    expect(await here.read("pg list")).toEqual([]);
    expect(serversAt(here.sites.b)).toEqual(RUNNING);
  });
});

describe("readiness", () => {
  it("says what is missing and what to do: exit code 3, and 0 once it is mended", async () => {
    await protectShop(here, { unmapped: "network" });
    const { code, stdout } = await here.run("pg readiness shop --check");
    expect(code).toBe(3);
    expect(stdout).toContain("Failover ready: no");
    expect(stdout).toMatch(
      /critical +mapping\.network_unmapped +web-01 .* protector mapping set shop --network HERE=THERE/,
    );
    await here.must("mapping set shop --network demo-front=demo-front --network demo-back=demo-back");
    const mended = await here.run("pg readiness shop --check");
    expect(mended).toMatchObject({ code: 0, stdout: expect.stringContaining("Failover ready: yes") });
  });
});

describe("the verbs of an operation", () => {
  it("cancel during quiesce ends as cancelled, with the servers running: exit code 0", async () => {
    await protectShop(here);
    const id = await failoverIn("quiesce");
    await here.until("a server has stopped", async () => serversAt(here.sites.a).some(({ runs }) => !runs));
    const cancelled = await here.read<Operation>(`operation cancel ${id} --wait`);
    expect(cancelled).toMatchObject({ status: "cancelled", status_reason: "everything it did was taken back" });
    expect(serversAt(here.sites.a)).toEqual(RUNNING);
    expect(serversAt(here.sites.b)).toEqual([]);
    expect(await here.read("pg show shop")).toMatchObject({ status: "active", sync_status: "IN SYNC" });
  });

  it("cancel makes the failover that somebody else waits for end with exit code 1", async () => {
    await protectShop(here);
    const id = await failoverIn("quiesce");
    await here.must(`operation cancel ${id} --no-wait`);
    expect((await here.run(`operation watch ${id}`)).code).toBe(1);
  });

  it("resume --as unplanned goes on when the source is lost in mid-run, with the loss that was told before", async () => {
    await protectShop(here);
    const id = await failoverIn("quiesce");
    here.destroy(here.sites.a);
    await waits(id);
    const shown = await here.run(`operation show ${id}`, AT_B);
    expect(shown.code).toBe(0);
    const text = shown.stdout.replaceAll(/\s+/g, " ");
    expect(text).toMatch(/Stop web-01: (nova|flasharray) GET .*ECONNREFUSED/);
    expect(text).toMatch(/If the source is lost: resume --as unplanned recovers \S+ and loses \d+ s of writes/);
    const point = /recovers (\S+) and loses/.exec(text)?.[1];
    const reason = '"site A burnt down"';
    const done = await here.read<Operation>(`operation resume ${id} --as unplanned --reason ${reason} --wait`, AT_B);
    expect(done).toMatchObject({ status: "completed", mode: "unplanned", recovery_point: point });
    expect(done.data_loss_seconds).toBeGreaterThan(0);
    expect(done.leftovers.map(({ subject }) => subject)).toContain("Lock db-01");
    expect(serversAt(here.sites.b)).toEqual(RUNNING);
    expect((await here.run(`operation show ${id}`, AT_B)).stdout).toMatch(/^data_loss +\d+s$/m);
  });

  it("resume --as unplanned without a reason is wrong usage, and nothing happens", async () => {
    const { code, stderr } = await here.run("operation resume 17f96e8e --as unplanned");
    expect({ code, stderr }).toEqual({ code: 2, stderr: "Error: --as unplanned needs --reason.\n" });
  });

  it("rollback of a failover that waits takes everything back: exit code 0", async () => {
    await protectShop(here);
    const { id, mend } = await failoverWithoutSourceArray();
    mend();
    expect(await here.read(`operation rollback ${id} --wait`)).toMatchObject({ status: "rolled_back" });
    expect(serversAt(here.sites.a)).toEqual(RUNNING);
    expect(serversAt(here.sites.b)).toEqual([]);
    expect(await here.read("pg show shop")).toMatchObject({ status: "active", sync_status: "IN SYNC" });
  });

  it("resume goes on where the operation waited: exit code 0, nothing lost", async () => {
    await protectShop(here);
    const { id, mend } = await failoverWithoutSourceArray();
    mend();
    const done = await here.read<Operation>(`operation resume ${id} --wait`);
    expect(done).toMatchObject({ status: "completed", mode: "planned", data_loss_seconds: 0 });
    expect(serversAt(here.sites.b)).toEqual(RUNNING);
  });

  it("abandon says what is left, and that is taken back when the array answers again", async () => {
    await protectShop(here);
    const { id, mend } = await failoverWithoutSourceArray();
    const done = await here.read<Operation>(`operation abandon ${id} --reason "the array is sold" --wait`);
    expect(done).toMatchObject({ status: "cancelled", status_reason: "abandoned: the array is sold" });
    const left = done.leftovers.map(({ subject }) => subject);
    expect(left).toEqual(expect.arrayContaining(["Make port 1 of db-01", "Lock web-01", "Stop web-01"]));
    expect(done.members.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "db-01 unchanged",
      "app-01 unchanged",
      "web-01 stopped",
    ]);
    expect(serversAt(here.sites.a)).not.toEqual(RUNNING);
    mend();
    const { db } = here.sites.b.connection;
    await here.until("nothing is owed any more", async () => {
      const owed = await db.selectFrom("duties").select("id").where("state", "=", "owed").execute();
      return owed.length === 0;
    });
    expect(serversAt(here.sites.a)).toEqual(RUNNING);
  });

  it("retry runs again what failed at the end: exit code 4, then 0", async () => {
    await protectShop(here);
    const mend = here.sites.world.conditions.inject({
      service: "site-b/nova",
      method: "POST",
      when: ({ body }) => body.includes('"web-01"'),
      fault: { kind: "refuse", status: 403, body: { forbidden: { code: 403, message: "not allowed" } } },
    });
    const failed = await here.run("failover shop --yes --wait -f json");
    expect(failed.code).toBe(4);
    mend();
    const { id } = JSON.parse(failed.stdout) as Operation;
    expect(serversAt(here.sites.b)).toHaveLength(2);
    expect(await here.read(`operation retry ${id} --wait`)).toMatchObject({ status: "completed", error: null });
    expect(serversAt(here.sites.b)).toEqual(RUNNING);
  });

  it.each(["cancel", "retry", "rollback", "resume", 'abandon --reason "no longer wanted"'])(
    "%s of an operation that is completed is refused: exit code 3, and what it is for",
    async (words) => {
      await here.must(
        "pg create shop",
        "pg policy-create shop --primary-backend array-a --secondary-backend array-b --wait",
      );
      const [done] = await here.read<Operation[]>("operation list --type group_create");
      const [verb = "", ...rest] = words.split(" ");
      const { code, stderr } = await here.run(`operation ${verb} ${done?.id} ${rest.join(" ")}`);
      expect(code).toBe(3);
      expect(stderr).toContain(`Operation ${done?.id} is completed; ${verb} is for`);
    },
  );
});

describe("reclaim", () => {
  it("brings the servers back at the source when the target is lost: exit code 0, the plan shown before", async () => {
    await protectShop(here);
    await failoverIn("quiesce");
    here.destroy(here.sites.b);
    const reason = '--reason "site B burnt down, nothing runs there"';
    const { code, stdout } = await here.run(`reclaim shop --yes --wait ${reason}`);
    expect(code).toBe(0);
    expect(stdout).toContain('Plan: reclaim of "shop" from');
    expect(stdout).toMatch(/^status +completed$/m);
    expect(stdout).toContain("Give the group back at site-b: owed");
    expect(serversAt(here.sites.a)).toEqual(RUNNING);
    expect(await here.read("pg show shop")).toMatchObject({ status: "active" });
  });

  it("wants a reason once the other site has taken over, and says why: exit code 3", async () => {
    await protectShop(here);
    await here.must("failover shop --yes --wait");
    const { code, stderr } = await here.run("reclaim shop --dry-run");
    expect(code).toBe(3);
    expect(stderr).toContain('Site "site-b" (');
    expect(stderr).toContain("repeat with --reason TEXT");
    expect(serversAt(here.sites.b)).toEqual(RUNNING);
  });
});
