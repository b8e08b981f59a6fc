import { beforeEach, describe, expect, it } from "vitest";
import { HttpTransportError } from "../../packages/ports/src/index.ts";
import { bury } from "./engine-stand-in.ts";
import { groupRows } from "./group-rows.ts";
import { type Harness, openHarness } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
});

/** Runs a command that has to succeed, and reads its JSON. */
async function json(line: string) {
  const { code, stdout, stderr } = await harness.run(`${line} -f json`);
  expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: "" });
  return JSON.parse(stdout);
}

const rows = () => groupRows(harness);

describe("a change over two sites", () => {
  it("is made at the primary, carried to the peer, and the receipt brought back", async () => {
    await json("protection-group create shop");
    harness.requests.length = 0;
    const changed = await json('protection-group set shop --description "two shops"');
    expect(changed).toMatchObject({ generation: 2, sync_status: "IN SYNC", is_primary_here: true });
    const writes = harness.requests.filter(({ call }) => !call.startsWith("GET") || call.endsWith("/document"));
    expect(writes.map(({ site, call }) => `${site} ${call}`)).toEqual([
      "site-a PATCH /v1/*/protection-groups/*",
      "site-a GET /v1/*/protection-groups/*/sync/document",
      "site-b PUT /v1/*/protection-groups/*/sync",
      "site-a POST /v1/*/protection-groups/*/sync/receipt",
    ]);
    const { a, b } = await rows();
    expect(b).toEqual(a);
  });

  it("goes to the primary even when the command works from the other site", async () => {
    await json("protection-group create shop");
    await json("protection-group set shop --description far --os-cloud site-b --secondary-cloud site-a");
    const { a, b } = await rows();
    expect(a[0]?.description).toBe("far");
    expect(b).toEqual(a);
  });

  it.each(["create shop", "set shop --description x"])(
    "changes nothing when the peer cannot be reached first: %s",
    async (verb) => {
      if (verb.startsWith("set")) await json("protection-group create shop");
      const before = await rows();
      harness.fate = ({ site }) => (site === "site-b" ? "unreachable" : undefined);
      const { code, stderr } = await harness.run(`protection-group ${verb}`);
      expect(code).toBe(6);
      expect(stderr).toContain("Cannot modify protection group - remote site unreachable (site-b)");
      expect(stderr).toContain("code peer.unreachable");
      expect(await rows()).toEqual(before);
    },
  );

  it("is refused when the peer's Keystone is silent, though its API would answer", async () => {
    await json("protection-group create shop");
    const keystone = new URL(harness.sites.world.cloud("site-b").authUrl).origin;
    const { transport } = harness;
    const { code, stderr } = await harness.run("protection-group set shop --description x", {
      transport: (request) => {
        if (request.url.startsWith(keystone)) throw new HttpTransportError("unreachable", "POST: ECONNREFUSED");
        return transport(request);
      },
    });
    expect(code).toBe(6);
    expect(stderr).toContain("remote site unreachable (site-b). Keystone of site-b does not answer");
    expect((await rows()).a[0]?.description).toBe("");
  });

  it("logs in at both sites at once, while the group's name is looked up", async () => {
    await json("protection-group create shop");
    const keystone = new URL(harness.sites.world.cloud("site-b").authUrl).origin;
    let seen = () => {};
    const login = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const { transport } = harness;
    const { code } = await harness.run("protection-group set shop --description x", {
      transport: async (request) => {
        if (request.url.startsWith(keystone)) seen();
        // The name is not found before the other login is under way.
        if (request.url.includes("?name=shop")) await login;
        return transport(request);
      },
    });
    expect(code).toBe(0);
  });

  it("is told as made, with exit code 6, when the peer is lost after it", async () => {
    await json("protection-group create shop");
    harness.fate = ({ call }) => (call.startsWith("PUT") ? "unreachable" : undefined);
    const { code, stderr } = await harness.run("protection-group set shop --description x");
    expect(code).toBe(6);
    expect(stderr).toContain("The change is made, but site-b has not confirmed it yet");
    harness.fate = () => undefined;
    expect(await json("protection-group show shop")).toMatchObject({ description: "x", sync_status: "IN SYNC" });
  });

  it("carries what is owed from a change that was cut off before it makes its own", async () => {
    await json("protection-group create shop");
    harness.fate = ({ call }) => (call.startsWith("PUT") ? "killed_before" : undefined);
    await harness.run("protection-group set shop --description first");
    harness.fate = () => undefined;
    harness.requests.length = 0;
    expect(await json("protection-group set shop --name yard")).toMatchObject({ description: "first", generation: 3 });
    const calls = harness.requests.map(({ call }) => call.split(" ")[0]).filter((method) => method !== "GET");
    expect(calls).toEqual(["PUT", "POST", "PATCH", "PUT", "POST"]);
    const { a, b } = await rows();
    expect(b).toEqual(a);
  });

  it("repeats a document whose answer was lost", async () => {
    let lost = 0;
    harness.fate = ({ call }) => (call.startsWith("PUT") && lost++ === 0 ? "lost_answer" : undefined);
    await json("protection-group create shop");
    expect(lost).toBe(2);
    const { a, b } = await rows();
    expect(b).toEqual(a);
  });
});

describe("a client that dies before it has told the peer of a deletion", () => {
  it("leaves a tombstone that the next command on the group carries", async () => {
    const { id } = await json("protection-group create shop");
    await harness.run("protection-group delete shop");
    await bury(harness.sites.a, id, harness.clock.now());
    const half = await rows();
    expect([half.a[0]?.isDeleted, half.b[0]?.isDeleted]).toEqual([true, false]);
    const { code, stderr } = await harness.run("protection-group show shop");
    expect(stderr).toContain("deleted");
    expect(code).toBe(1);
    expect(await rows()).toEqual({ a: [], b: [] });
  });
});

describe("sync-status", () => {
  it("tells IN SYNC with generation and digest of both sites", async () => {
    await json("protection-group create shop");
    const shown = await harness.run("protection-group sync-status shop");
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/^Sync Status: IN SYNC\n/);
    const { sites } = await json("protection-group sync-status shop");
    expect(sites).toMatchObject([
      { site: "site-a", isPrimary: true, generation: 1 },
      { site: "site-b", isPrimary: false, generation: 1 },
    ]);
    expect(sites[0].digest).toBe(sites[1].digest);
  });

  it("tells OUT OF SYNC and changes nothing, and sync-force mends it", async () => {
    await json("protection-group create shop");
    harness.fate = ({ call }) => (call.startsWith("PUT") ? "killed_before" : undefined);
    await harness.run("protection-group set shop --description x");
    harness.fate = () => undefined;
    const before = await rows();
    const status = await harness.run("protection-group sync-status shop -f value");
    expect(status).toMatchObject({ code: 3, stdout: "OUT OF SYNC\n" });
    expect(await rows()).toEqual(before);
    expect(await json("protection-group sync-force shop")).toMatchObject({
      from: "site-a",
      to: "site-b",
      generation: 2,
    });
    expect((await harness.run("protection-group sync-status shop")).code).toBe(0);
  });

  it("tells UNREACHABLE with the reason, exit code 6", async () => {
    await json("protection-group create shop");
    harness.fate = ({ site }) => (site === "site-b" ? "unreachable" : undefined);
    const { code, stdout } = await harness.run("protection-group sync-status shop");
    expect(code).toBe(6);
    expect(stdout).toContain("Sync Status: UNREACHABLE");
    expect(stdout).toContain("ECONNREFUSED");
  });

  it("shows in a CONFLICT what each site says, field by field, side by side", async () => {
    await json('protection-group create shop --description "two shops"');
    await json("mapping set shop --network public=public");
    const { db } = harness.sites.b.database;
    await db
      .updateTable("protection_groups")
      .set({ digest: "0".repeat(64), description: "an old shop" })
      .execute();
    await db.deleteFrom("resource_mappings").execute();
    const { code, stdout } = await harness.run("protection-group sync-status shop");
    expect(code).toBe(3);
    expect(stdout).toContain("Where the descriptions differ (2):");
    expect(stdout).toMatch(/^FIELD +SITE-A +SITE-B$/m);
    expect(stdout).toMatch(/^description +two shops +an old shop$/m);
    expect(stdout).toMatch(/^mapping network [0-9a-f-]{36} +[0-9a-f-]{36} +\(nothing\)$/m);
    expect(stdout).toContain("protector protection-group sync-force shop --from SITE");
    const { differences } = JSON.parse((await harness.run("protection-group sync-status shop -f json")).stdout);
    expect(differences).toContainEqual({ field: "description", values: ["two shops", "an old shop"] });
  });

  it("shows a CONFLICT in sync-force before it asks whose description is right, and why", async () => {
    await json('protection-group create shop --description "two shops"');
    const { db } = harness.sites.b.database;
    await db
      .updateTable("protection_groups")
      .set({ digest: "0".repeat(64), description: "an old shop" })
      .execute();
    const asked: string[] = [];
    const typing = (...answers: string[]) => ({
      ask: async (question: string) => {
        asked.push(question);
        return answers[asked.length - 1] ?? "";
      },
    });
    const stopped = await harness.run("protection-group sync-force shop", typing(""));
    expect(stopped).toMatchObject({ code: 3, stdout: expect.stringMatching(/^description +two shops +an old shop$/m) });
    expect((await rows()).b[0]?.description).toBe("an old shop");
    asked.length = 0;
    const { code, stdout } = await harness.run(
      "protection-group sync-force shop",
      typing("site-a", "site B came back from Sunday's backup"),
    );
    expect(code).toBe(0);
    expect(stdout.indexOf("an old shop")).toBeLessThan(stdout.indexOf("IN SYNC"));
    expect(asked).toEqual([
      "Whose description is right, site-a or site-b? Nothing typed = stop: ",
      "What site-b says is overruled, and kept in its audit. Why (at least 10 characters)? ",
    ]);
    const { a, b } = await rows();
    expect(b).toEqual(a);
    const events = await db.selectFrom("audit_events").select("detail").execute();
    expect(JSON.stringify(events)).toContain("Sunday's backup");
  });

  it("tells CONFLICT after a database came back from an old copy; sync-force wants to know who wins", async () => {
    await json("protection-group create shop");
    const { db } = harness.sites.b.database;
    await db
      .updateTable("protection_groups")
      .set({ digest: "0".repeat(64) })
      .execute();
    expect((await harness.run("protection-group sync-status shop")).stdout).toContain("Sync Status: CONFLICT");
    const refused = await harness.run("protection-group set shop --description x");
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain("code sync.conflict");
    const undecided = await harness.run("protection-group sync-force shop");
    expect(undecided.stderr).toContain("both claim generation 1");
    const unsaid = await harness.run("protection-group sync-force shop --from site-a");
    expect(unsaid.stderr).toContain("State a reason");
    const forced = await json('protection-group sync-force shop --from site-a --reason "restored from backup"');
    expect(forced).toMatchObject({ from: "site-a", isOverruled: true });
    const { a, b } = await rows();
    expect(b).toEqual(a);
  });
});
