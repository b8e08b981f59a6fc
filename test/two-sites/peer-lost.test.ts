import { afterEach, beforeEach, expect, it } from "vitest";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

const LOST = '--peer-lost --reason "site B burnt down, it is not built again"';

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
  await must(
    "pg create shop",
    "pg policy-create shop --primary-backend array-a --secondary-backend array-b --wait",
    "member add shop db-01 web-01 --wait",
  );
});
afterEach(() => here.stop());

async function must(...lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const { code, stderr } = await here.run(line);
    expect({ line, code, stderr: code === 0 ? "" : stderr }).toEqual({ line, code: 0, stderr: "" });
  }
}

/** The other site is gone, and the engine here has seen that it is. */
async function loseSiteB(): Promise<void> {
  here.destroy(here.sites.b);
  const { db } = here.sites.a.connection;
  await here.until("the engine has missed site B", async () => {
    const sites = await db.selectFrom("sites").select("reachability").execute();
    return sites.some(({ reachability }) => reachability === "unreachable");
  });
}

function groupsOnArrayA() {
  const groups = here.sites.world.array("array-a").model.state.groups.all();
  const living = [...groups].filter(({ destroyedAt }) => destroyedAt === undefined);
  return living.map(({ name }) => name).filter((name) => name.startsWith("protector-"));
}

it("a group whose other site is lost goes with its members, whose servers run on: exit code 0", async () => {
  await loseSiteB();
  const refused = await here.run("pg delete shop");
  expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining("remote site unreachable (site-b)") });
  expect(groupsOnArrayA()).not.toEqual([]);
  const { code, stdout, stderr } = await here.run(`pg delete shop ${LOST} --wait -f json`);
  expect(code, stderr).toBe(0);
  const [operation] = JSON.parse(stdout);
  expect(operation).toMatchObject({ type: "group_delete", status: "completed" });
  expect(await here.read("pg list")).toEqual([]);
  expect(groupsOnArrayA()).toEqual([]);
  const { db } = here.sites.a.connection;
  expect(await db.selectFrom("pg_members").select("id").execute()).toEqual([]);
  const owed = await db.selectFrom("duties").select("subject").where("state", "=", "owed").execute();
  expect(owed.map(({ subject }) => subject).sort()).toEqual([
    "Destroy its recovery points at site-b",
    "Destroy the marker at site-b",
  ]);
  const [event] = await db
    .selectFrom("audit_events")
    .select("detail")
    .where("action", "=", "protection_groups.delete")
    .execute();
  expect(event?.detail).toContain("site B burnt down, it is not built again");
  const cloud = here.sites.world.cloud("site-a");
  expect([...cloud.compute.servers.values()].map(({ id }) => cloud.guest(id).isRunning)).toEqual([true, true, true]);
});

it("its name is free again, also at the lost site, once that is back", async () => {
  await loseSiteB();
  expect((await here.run(`pg delete shop ${LOST} --wait`)).code).toBe(0);
  here.restore(here.sites.b);
  const { db } = here.sites.a.connection;
  await here.until("the engine has seen site B again", async () => {
    const peers = await db.selectFrom("sites").select("reachability").where("is_local", "=", 0).execute();
    return peers.every(({ reachability }) => reachability === "reachable");
  });
  const { code, stdout, stderr } = await here.run("pg create shop -f json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const made = JSON.parse(stdout).id;
  const atSiteB = await here.read<{ readonly id: string }[]>("pg list", {
    env: { OS_CLOUD: "site-b", OS_SECONDARY_CLOUD: "site-a" },
  });
  expect(atSiteB.map(({ id }) => id)).toEqual([made]);
});

it("a site that answers is not lost: exit code 3, and nothing is deleted", async () => {
  const { code, stderr } = await here.run(`pg delete shop ${LOST}`);
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("code peer.not_lost") });
  expect(await here.read("member list shop")).toHaveLength(2);
});

it("a site that answers the engine is not lost either, though the client does not reach it", async () => {
  const { code, stderr } = await here.run(`pg delete shop ${LOST}`, {
    env: { OS_CLOUD: "site-a", OS_SECONDARY_CLOUD: "not-described-here" },
  });
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("answers this site's engine") });
});

it("asks for the reason at a terminal, and is wrong usage without one: exit code 2", async () => {
  await loseSiteB();
  const asked: string[] = [];
  const ask = (answer: string) => async (question: string) => {
    asked.push(question);
    return answer;
  };
  expect((await here.run("pg delete shop --peer-lost")).code).toBe(2);
  expect((await here.run("pg delete shop --peer-lost", { ask: ask("gone") })).code).toBe(2);
  expect((await here.run("pg delete shop --reason whatever-it-may-be")).code).toBe(2);
  expect(await here.read("member list shop")).toHaveLength(2);
  expect((await here.run("pg delete shop --peer-lost --wait", { ask: ask("burnt to ashes") })).code).toBe(0);
  expect(asked).toHaveLength(2);
});

it("a second site is not replaced while the old one answers, nor without somebody who confirms it", async () => {
  const line = 'pg replace-peer shop --secondary-backend array-b --reason "site B burnt down, all of it"';
  const unasked = await here.run(line);
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("Use --yes")]);
  const declined = await here.run(line, { ask: async () => "no" });
  expect([declined.code, declined.stderr]).toEqual([1, expect.stringContaining("Not confirmed")]);
  const refused = await here.run(`${line} --yes`);
  expect(refused.code).toBe(3);
});
