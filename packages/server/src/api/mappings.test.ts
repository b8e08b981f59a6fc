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

describe("the project's defaults", () => {
  const pair = (source_id: string, target_id: string) => ({ kind: "flavor" as const, source_id, target_id });
  const setDefaults = (...mappings: ReturnType<typeof pair>[]) => {
    const path = { project_id: sites.a.projectId };
    return send(sites.a, "mappings.update_defaults", { path, body: { mappings } });
  };
  const heldAt = async (site: TestSites["a"], id: string) => {
    const { body } = await send(site, "mappings.show", { path: { project_id: site.projectId, id } });
    return body.mappings.map(({ source_id, target_id, origin }) => `${source_id}=${target_id} ${origin}`);
  };

  it("lie under what a group says for itself, and travel to the peer with its document", async () => {
    const id = await activeGroup(sites);
    await setDefaults(pair("small", "s"), pair("large", "l"));
    await carry(id, sites.a, sites.b);
    expect(await heldAt(sites.a, id)).toEqual(["large=l default", "small=s default"]);
    const path = { project_id: sites.a.projectId, id };
    const mappings = [pair("small", "own"), pair("large", "l")];
    await send(sites.a, "mappings.update", { path, body: { mappings } });
    await carry(id, sites.a, sites.b);
    const changed = await setDefaults(pair("small", "s2"), pair("large", "l2"));
    expect(changed.body.groups).toEqual([{ id, name: "shop", reason: null }]);
    await carry(id, sites.a, sites.b);
    expect(await heldAt(sites.a, id)).toEqual(["large=l2 default", "small=own group"]);
    expect(await heldAt(sites.b, id)).toEqual(["large=l2 default", "small=own group"]);
  });

  it("of the other site are of the other direction: they touch no group that is at home here", async () => {
    const id = await activeGroup(sites);
    const path = { project_id: sites.b.projectId };
    const answer = await send(sites.b, "mappings.update_defaults", { path, body: { mappings: [pair("b", "a")] } });
    expect(answer.body.groups).toEqual([]);
    expect(await heldAt(sites.b, id)).toEqual([]);
  });

  it("are not forced upon a group that cannot be changed now: it is named, with the reason", async () => {
    const id = await activeGroup(sites);
    await setDefaults(pair("small", "s"));
    const answer = await setDefaults(pair("small", "s2"));
    expect(answer.status).toBe(200);
    expect(answer.body.groups).toEqual([{ id, name: "shop", reason: expect.stringMatching(/shop/) }]);
    expect(await heldAt(sites.a, id)).toEqual(["small=s default"]);
  });
});
