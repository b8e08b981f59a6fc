import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PASSWORDS } from "../clouds/site.ts";
import type { Machine } from "../machines/machine.ts";
import { startControlPlane } from "../story/control-plane.ts";
import { openStage } from "../story/open-stage.ts";
import type { Stage } from "../story/stage.ts";
import {
  awaitPhase,
  expectMoved,
  type FaultStage,
  type MovingGroup,
  makeMovingGroups,
  startFailover,
} from "./moving-groups.ts";

const GROUPS = ["killed", "second", "restarts", "tokens", "keystone", "volumes", "role"] as const;

let stage: Stage;
let faults: FaultStage;
let machines: readonly [Machine, Machine];

beforeAll(async () => {
  stage = await openStage();
  const [a, b] = stage.sites.map(({ machine }) => machine);
  if (!a || !b) throw new Error("faults need clouds of these tests' own making");
  machines = [a, b];
  faults = await makeMovingGroups(stage, GROUPS);
}, 1_200_000);
afterAll(async () => {
  for (const machine of machines ?? []) await startControlPlane(machine);
  await stage?.close();
});

function group(name: (typeof GROUPS)[number]): MovingGroup {
  const found = faults.groups.find((each) => each.name === name);
  if (!found) throw new Error(`no group ${name}`);
  return found;
}

describe("a failover on real clouds ends right", { timeout: 1_200_000 }, () => {
  it("when its engine is killed in five different phases", async () => {
    const [, machine] = machines;
    const ids = [await startFailover(faults, "killed"), await startFailover(faults, "second")] as const;
    for (const phase of ["prepare", "quiesce", "final_sync", "recover", "finish"]) {
      await awaitPhase(faults, ids[0], phase);
      await machine.systemctl("kill", "--signal=SIGKILL", "protector-engine");
    }
    await expectMoved(faults, ids[0], group("killed"));
    await expectMoved(faults, ids[1], group("second"));
    expect(await restartsOf(machine)).toBeGreaterThanOrEqual(5);
  });

  it("when MariaDB and then RabbitMQ are restarted", async () => {
    const [, machine] = machines;
    const id = await startFailover(faults, "restarts");
    await awaitPhase(faults, id, "quiesce");
    await machine.systemctl("restart", "mariadb");
    await awaitPhase(faults, id, "recover");
    await machine.systemctl("restart", "rabbitmq-server");
    await expectMoved(faults, id, group("restarts"));
  });

  it("when every token that it holds is revoked", async () => {
    const id = await startFailover(faults, "tokens");
    await awaitPhase(faults, id, "quiesce");
    await revokeTokens();
    await awaitPhase(faults, id, "recover");
    await revokeTokens();
    await expectMoved(faults, id, group("tokens"));
  });

  it("when Keystone is stopped for a minute, and when cinder-volume is stopped for two", async () => {
    const [, machine] = machines;
    const ids = [await startFailover(faults, "keystone"), await startFailover(faults, "volumes")] as const;
    await awaitPhase(faults, ids[0], "final_sync");
    await machine.systemctl("stop", "cinder-volume");
    await machine.systemctl("stop", "keystone");
    await sleep(60_000);
    await machine.systemctl("start", "keystone");
    await sleep(60_000);
    await machine.systemctl("start", "cinder-volume");
    await expectMoved(faults, ids[0], group("keystone"));
    await expectMoved(faults, ids[1], group("volumes"));
  });

  it("when the tenant loses his role at the target, and is given it back", async () => {
    const { tenancy, there } = faults;
    const far = tenancy.admin.atTheOtherSite;
    const role = (verb: "add" | "remove") => [
      ...["role", verb, "--project", tenancy.name, "--user", tenancy.name, "member"],
    ];
    const id = await startFailover(faults, "role");
    await awaitPhase(faults, id, "quiesce");
    await far.openstack(role("remove"));
    await expect.poll(() => operationAsAdmin(id), { timeout: 300_000, interval: 3_000 }).toMatch(/trust/i);
    await far.openstack(role("add"));
    const operation = await there.operation(id);
    const verb = operation.verbs.includes("retry") ? "retry" : "resume";
    if (operation.status !== "running") await tenancy.member.tryProtector("operation", verb, id, "--no-wait");
    await expectMoved(faults, id, group("role"));
  });
});

async function restartsOf(machine: Machine): Promise<number> {
  return Number(await machine.mustRun("systemctl show --property=NRestarts --value protector-engine"));
}

/** A new password ends all tokens of a user, even if it is the old one; services forget what they have kept of tokens. */
async function revokeTokens(): Promise<void> {
  const { admin, name } = faults.tenancy;
  for (const [who, machine] of [
    [admin, machines[0]],
    [admin.atTheOtherSite, machines[1]],
  ] as const) {
    await who.openstack(["user", "set", "--password", "PROTECTOR_PASS", "protector"]);
    await who.openstack(["user", "set", "--password", PASSWORDS.admin, "admin"]);
    await who.openstack(["user", "set", "--password", "member-secret", name]);
    await machine.systemctl("restart", "memcached");
  }
}

/** What the operation says when its tenant may not ask. */
async function operationAsAdmin(id: string): Promise<string> {
  return machines[1].mustRun(`protector-manage operation show ${id}`);
}
