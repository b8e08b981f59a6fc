import { describe, expect, it } from "vitest";
import { note } from "../story/figures.ts";
import { expectMoved } from "./expect-moved.ts";
import { faultSuite } from "./fault-suite.ts";
import { apiThere, awaitPhase, groupNamed, startFailover } from "./moving-groups.ts";

const GROUPS = ["tokens", "role"] as const;
const SERVICE_PASSWORD = "PROTECTOR_PASS";
const LIMIT_MS = 600_000;

const suite = faultSuite(GROUPS);

describe("failovers on real clouds whose delegation ends in their midst", { timeout: 1_200_000 }, () => {
  it("end right when every token that the engine holds at its site is revoked, twice", async () => {
    const { faults } = suite;
    const beganAt = Date.now();
    const id = await startFailover(faults, "tokens");
    await awaitPhase(faults, id, "quiesce");
    await revokeTokens();
    await awaitPhase(faults, id, "recover");
    await revokeTokens();
    await expectMoved(faults, id, groupNamed(faults, "tokens"));
    note("tokens_seconds", (Date.now() - beganAt) / 1000);
  });

  it("wait and say trust.unusable when the tenant has lost his role, and end right when he has it back", async () => {
    const { faults, target } = suite;
    const beganAt = Date.now();
    const id = await startFailover(faults, "role");
    await awaitPhase(faults, id, "prepare");
    // The failover would be over before the role is gone.
    await target.systemctl("stop", "protector-engine");
    await changeRole("remove");
    await target.systemctl("start", "protector-engine");
    const show = () => target.mustRun(`protector-manage operation show ${id}`);
    await expect.poll(show, { timeout: LIMIT_MS, interval: 3_000 }).toMatch(/Nobody's delegated roles work/);
    await changeRole("add");
    const there = apiThere(faults);
    const ended = await there.awaitRest(id);
    expect(ended.verbs).toContain("retry");
    const failed = (await there.steps(id)).filter(({ status }) => status === "failed");
    expect(failed.map(({ error }) => error?.code)).toEqual(["protector.trust.unusable"]);
    const retried = await faults.tenancy.member.tryProtector("operation", "retry", id, "--no-wait");
    expect(retried, retried.stderr).toMatchObject({ code: 0 });
    await expectMoved(faults, id, groupNamed(faults, "role"));
    note("role_seconds", (Date.now() - beganAt) / 1000);
  });
});

/** A new password ends every token of its user, even one that is the old password; services forget what they kept of tokens. */
async function revokeTokens(): Promise<void> {
  const { faults, target } = suite;
  const far = faults.tenancy.admin.atTheOtherSite;
  await far.openstack(["user", "set", "--password", SERVICE_PASSWORD, "protector"]);
  await target.systemctl("restart", "memcached");
}

/** Services would believe for minutes what they have kept of a token. */
async function changeRole(verb: "add" | "remove"): Promise<void> {
  const { faults, target } = suite;
  const { name, admin } = faults.tenancy;
  await admin.atTheOtherSite.openstack(["role", verb, "--project", name, "--user", name, "member"]);
  await target.systemctl("restart", "memcached");
}
