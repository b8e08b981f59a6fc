import { beforeEach, expect, it } from "vitest";
import type { Operation } from "../../packages/contract/src/index.ts";
import { activeGroup } from "../../packages/server/src/api/testing.ts";
import { advanceOperations } from "./engine-stand-in.ts";
import { type Harness, openHarness } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await activeGroup(harness.sites);
  harness.meanwhile = async () => {
    await advanceOperations(harness.sites.a);
    await advanceOperations(harness.sites.b);
  };
});

async function must(line: string): Promise<string> {
  const { code, stdout, stderr } = await harness.run(line);
  expect({ line, code, stderr: code === 0 ? "" : stderr }).toEqual({ line, code: 0, stderr: "" });
  return stdout;
}

async function listed(line: string): Promise<readonly string[]> {
  return JSON.parse(await must(`${line} -f json`)).map(({ id }: Pick<Operation, "id">) => id);
}

/** Every page of a list, as a script asks for them. */
async function pages(line: string, limit: number): Promise<readonly (readonly string[])[]> {
  const found: (readonly string[])[] = [];
  for (let marker = ""; found.length < 10; ) {
    const page = await listed(`${line} --limit ${limit}${marker}`);
    if (page.length === 0) break;
    found.push(page);
    marker = ` --marker ${page.at(-1)}`;
  }
  return found;
}

it("operations of both sites are paged as one list, each once, newest first", async () => {
  for (const minutes of [20, 40, 50]) {
    await must(`policy update shop --rpo-minutes ${minutes} --wait`);
    await must("failover shop --dry-run");
  }
  const all = await listed("operation list");
  expect(all.length).toBe(7);
  const inPages = await pages("operation list", 2);
  expect(inPages.map(({ length }) => length)).toEqual([2, 2, 2, 1]);
  expect(inPages.flat()).toEqual(all);
  expect((await pages("operation list --site site-b", 3)).flat()).toEqual(await listed("operation list --site site-b"));
  const failovers = await listed("operation list --type failover");
  expect((await pages("operation list --type failover", 1)).flat()).toEqual(failovers);
});

it("asks for no more than it shows", async () => {
  for (const name of ["one", "two", "three"]) await must(`pg create ${name}`);
  expect((await pages("pg list", 3)).map(({ length }) => length)).toEqual([3, 1]);
  harness.requests.length = 0;
  await must("operation list --limit 1");
  const asked = harness.requests.filter(({ call }) => call === "GET /v1/*/operations");
  expect(asked.map(({ site }) => site).sort()).toEqual(["site-a", "site-b"]);
});

it("a marker that no list has is told as such", async () => {
  const nobody = "99999999-9999-4999-8999-999999999999";
  expect(await harness.run(`operation list --marker ${nobody}`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`No operation "${nobody}"`),
  });
  expect(await harness.run(`pg list --marker ${nobody}`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(nobody),
  });
  expect(await harness.run("recovery-point list shop --marker nothing")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--marker nothing: the list has no such row"),
  });
});
