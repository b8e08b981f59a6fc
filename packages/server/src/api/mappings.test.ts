import type { MemberNicSettings } from "@protector/contract";
import { beforeEach, describe, expect, it } from "vitest";
import { writeJson } from "../db/codecs.ts";
import { memberRow, testId } from "../db/testing/rows.ts";
import { portDescription, serverDescription } from "../db/testing/server-description.ts";
import { activeGroup, carry, contents, send, type TestSites, twoSites } from "./testing.ts";

let sites: TestSites;
beforeEach(async () => {
  sites = await twoSites();
});

const NETWORK = "aaaaaaaa-0000-4000-8000-000000000001";
const SUBNET = "aaaaaaaa-0000-4000-8000-000000000002";

const macOf = (n: number) =>
  `fa:16:3e:00:${(n >> 8).toString(16).padStart(2, "0")}:${(n & 255).toString(16).padStart(2, "0")}`;

/** Protected servers with one interface each, as captures leave them; answers their ids. */
async function protect(groupId: string, count: number): Promise<readonly string[]> {
  const { db } = sites.a.database;
  const rows = Array.from({ length: count }, (_, n) => {
    const description = serverDescription({ ports: [portDescription({ mac_address: macOf(n) })] });
    return memberRow(n, { protection_group_id: groupId, name: `web-${n}`, description: writeJson(description) });
  });
  for (let at = 0; at < rows.length; at += 50)
    await db
      .insertInto("pg_members")
      .values(rows.slice(at, at + 50))
      .execute();
  return rows.map(({ id }) => id);
}

function nic(n: number, more: Partial<MemberNicSettings> = {}): MemberNicSettings {
  const fixed_ips = [{ subnet_id: SUBNET, address: `10.9.${n >> 8}.${n & 255}` }];
  return {
    member_id: testId("memb", n),
    mac_address: macOf(n),
    is_test: false,
    network_id: NETWORK,
    fixed_ips,
    ...more,
  };
}

describe("settings of network interfaces", () => {
  it("of 500 members go in with one request, and to the other site with the group's document", async () => {
    const id = await activeGroup(sites);
    await protect(id, 500);
    const path = { project_id: sites.a.projectId, id };
    const nics = Array.from({ length: 500 }, (_, n) => nic(n));
    const put = await send(sites.a, "mappings.update", { path, body: { mappings: [], nics } });
    expect(put.status).toBe(200);
    const shown = await send(sites.a, "mappings.show", { path });
    expect(shown.body.nics).toHaveLength(500);
    expect(shown.body.nics[7]).toEqual(nic(7));
    await carry(id, sites.a, sites.b);
    const there = await send(sites.b, "mappings.show", { path: { project_id: sites.b.projectId, id } });
    expect(there.body).toEqual(shown.body);
  });

  it("stay as they are when only mappings are replaced, and go with an empty list", async () => {
    const id = await activeGroup(sites);
    await protect(id, 1);
    const path = { project_id: sites.a.projectId, id };
    const put = (body: object) => send(sites.a, "mappings.update", { path, body: { mappings: [], ...body } });
    await put({ nics: [nic(0), nic(0, { is_test: true, mac: "new" })] });
    await carry(id, sites.a, sites.b);
    expect((await put({})).body.nics.map(({ is_test }) => is_test)).toEqual([false, true]);
    await carry(id, sites.a, sites.b);
    expect((await put({ nics: [] })).body.nics).toEqual([]);
  });

  it.each([
    [
      "an interface that the server has not",
      [nic(0, { mac_address: "fa:16:3e:ff:ff:ff" })],
      /no such interface. It has fa:16:3e:00:00:00/,
    ],
    ["a network without subnets", [{ ...nic(0), fixed_ips: undefined }], /names a network and no subnet/],
    [
      "security groups without port security",
      [nic(0, { port_security: false, security_group_ids: [SUBNET] })],
      /port security off/,
    ],
    [
      "one address for two",
      [nic(0), nic(1, { fixed_ips: nic(0).fixed_ips ?? [] })],
      /10\.9\.0\.0 is given to NIC .* of web-0 and to NIC .* of web-1/,
    ],
    ["the same interface twice", [nic(0), nic(0)], /is given twice/],
    ["a member of another group", [nic(0, { member_id: NETWORK })], /no member/],
    ["nothing", [{ member_id: testId("memb", 0), mac_address: macOf(0), is_test: false }], /sets nothing/],
  ] as const)("are refused for %s, and nothing is changed", async (_, nics, detail) => {
    const id = await activeGroup(sites);
    await protect(id, 2);
    const path = { project_id: sites.a.projectId, id };
    const before = await contents(sites.a);
    const body = { mappings: [], nics: JSON.parse(JSON.stringify(nics)) as MemberNicSettings[] };
    const answer = await send(sites.a, "mappings.update", { path, body });
    expect(answer.status).toBe(400);
    expect(answer.errors[0]).toMatchObject({
      code: "protector.mapping.invalid",
      detail: expect.stringMatching(detail),
    });
    expect(await contents(sites.a)).toBe(before);
  });
});
