import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstEpoch, firstEpochOfNextPair, hasMovedInPair, nextEpoch, primaryAt, primaryOfEpoch } from "./epochs.ts";
import { type OrderedMember, requireStartOrder } from "./member-order.ts";
import { isOutsideUrlAllowed } from "./outside-addresses.ts";
import { compareVersions } from "./sync-rules.ts";
import { syncStatusOf } from "./sync-status.ts";

describe("epochs", () => {
  it("rise, and tell from the number alone whose they are", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), fc.array(fc.boolean(), { maxLength: 20 }), (one, other, takeovers) => {
        fc.pre(one !== other);
        let primary = one;
        let epoch = firstEpoch({ primary, peer: other });
        for (const isSwitch of takeovers) {
          expect(primaryOfEpoch(epoch, [one, other])).toBe(primary);
          if (isSwitch) primary = primary === one ? other : one;
          const next = nextEpoch(epoch, { primary, peer: primary === one ? other : one });
          expect(next).toBeGreaterThan(epoch);
          expect(next - epoch).toBeLessThanOrEqual(2);
          epoch = next;
        }
        expect(primaryOfEpoch(epoch, [other, one])).toBe(primary);
      }),
    );
  });

  it("tell a site that was given up as lost that the group has another pair by now, whatever the ids are", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), fc.uuid(), fc.nat(1000), (lost, left, fresh, rises) => {
        fc.pre(new Set([lost, left, fresh]).size === 3);
        const known = nextEpoch(rises, { primary: lost, peer: left });
        const pair = { primary: lost, peer: left };
        expect(hasMovedInPair(known, pair)).toBe(known > firstEpoch(pair));
        const first = firstEpochOfNextPair(known, { primary: left, peer: fresh });
        expect(hasMovedInPair(first, { primary: left, peer: fresh })).toBe(false);
        const back = nextEpoch(nextEpoch(first, { primary: fresh, peer: left }), { primary: left, peer: fresh });
        expect(hasMovedInPair(back, { primary: left, peer: fresh })).toBe(true);
        expect(primaryOfEpoch(first, [left, fresh])).toBe(left);
        const group = { epoch: known, primary_site_id: lost, peer_site_id: left, given_up_at: null };
        for (const epoch of [first, nextEpoch(first, { primary: fresh, peer: left })])
          expect(primaryAt(group, lost, epoch)).toBe(left);
        const told = { ...group, epoch: first, primary_site_id: left, given_up_at: "2026-01-05 08:00:00.000000" };
        for (const primary of [left, fresh])
          expect(primaryAt(told, lost, nextEpoch(first, { primary, peer: lost }))).toBe(left);
        expect(primaryAt({ ...group, epoch: first, primary_site_id: left }, lost, first)).toBe(left);
      }),
    );
  });
});

describe("the start order", () => {
  const member = (id: string, dependsOn: string[] = [], tier = 0): OrderedMember => ({ id, name: id, tier, dependsOn });

  it("accepts every order without a cycle", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(), { maxLength: 3 }), { maxLength: 40 }), (wishes) => {
        const members = wishes.map((wish, index) =>
          member(`m${index}`, index === 0 ? [] : wish.map((n) => `m${n % index}`)),
        );
        expect(() => requireStartOrder(members)).not.toThrow();
      }),
    );
  });

  it("names the members of a cycle", () => {
    const members = [member("a", ["b"]), member("b", ["c"]), member("c", ["a"])];
    expect(() => requireStartOrder(members)).toThrow('"a" -> "b" -> "c" -> "a"');
  });

  it("refuses to wait for itself, for a later tier and for nobody", () => {
    expect(() => requireStartOrder([member("a", ["a"])])).toThrow("cycle");
    expect(() => requireStartOrder([member("a", ["b"]), member("b", [], 1)])).toThrow("starts later");
    expect(() => requireStartOrder([member("a", ["x"])])).toThrow("not a member");
  });
});

describe("versions of a document", () => {
  const held = { epoch: 4, generation: 7, digest: "a" };
  it.each([
    [{ epoch: 5, generation: 1, digest: "b" }, "newer"],
    [{ epoch: 4, generation: 8, digest: "b" }, "newer"],
    [{ epoch: 4, generation: 7, digest: "a" }, "same"],
    [{ epoch: 4, generation: 7, digest: "b" }, "conflict"],
    [{ epoch: 4, generation: 6, digest: "a" }, "stale"],
    [{ epoch: 3, generation: 9, digest: "a" }, "stale"],
  ])("%o is %s", (document, kind) => {
    expect(compareVersions(held, document).kind).toBe(kind);
  });
});

describe("the sync status", () => {
  const group = { generation: 3, digest: "a", peer_generation: 3, peer_digest: "a", given_up_at: null };
  it.each([
    [group, "reachable", "IN SYNC"],
    [{ ...group, peer_generation: 2 }, "reachable", "OUT OF SYNC"],
    [{ ...group, peer_generation: null }, "unknown", "OUT OF SYNC"],
    [{ ...group, given_up_at: "2026-01-05 08:00:00.000000" }, "reachable", "OUT OF SYNC"],
    [group, "unreachable", "UNREACHABLE"],
    [{ ...group, peer_digest: "b" }, "unreachable", "CONFLICT"],
    [{ ...group, peer_generation: 4 }, "reachable", "CONFLICT"],
  ] as const)("of %o with a peer that is %s is %s", (compared, reachability, status) => {
    expect(syncStatusOf(compared, reachability)).toBe(status);
  });
});

describe("array addresses", () => {
  it.each([
    ["https://10.0.0.1", [], true],
    ["https://array.example.com", [], true],
    ["http://10.0.0.1", [], false],
    ["https://127.0.0.1", [], false],
    ["https://127.1", [], false],
    ["https://0x7f000001", [], false],
    ["https://169.254.169.254", [], false],
    ["https://[::1]", [], false],
    ["https://[::ffff:127.0.0.1]", [], false],
    ["https://[fe80::1]", [], false],
    ["https://localhost", [], false],
    ["https://user@10.0.0.1", [], false],
    ["https://10.0.0.1", ["10.0.0.0/24"], true],
    ["https://10.0.1.1", ["10.0.0.0/24"], false],
    ["https://127.0.1.1", ["127.0.0.0/8"], true],
    ["https://[2001:db8::1]", ["2001:db8::/32"], true],
  ])("%s with networks %o: %s", (url, networks, isAllowed) => {
    expect(isOutsideUrlAllowed(url, networks)).toBe(isAllowed);
  });
});
