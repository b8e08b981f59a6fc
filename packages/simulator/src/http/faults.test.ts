import { HttpTransportError } from "@protector/ports";
import { expect, test } from "vitest";
import { NOVA, testWorld } from "../openstack/testing.ts";

const STOP = { "os-stop": null };

test("a lost request has no effect and a lost answer has all of it, and both look the same to the caller", async () => {
  const { call, clock, world, a } = await testWorld();
  for (const [kind, server, status] of [
    ["lost_request", a.threeTier.web.server, "ACTIVE"],
    ["lost_answer", a.threeTier.app.server, "SHUTOFF"],
  ] as const) {
    const path = `/v2.1/servers/${server.id}/action`;
    world.conditions.inject({
      service: "site-a/nova",
      method: "POST",
      path: new RegExp(`^${path}$`),
      times: 1,
      fault: { kind },
    });
    const before = clock.now();
    const error = await call(`POST ${NOVA}/servers/${server.id}/action`, a.member, STOP).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(HttpTransportError);
    expect(error).toMatchObject({ fault: "interrupted" });
    expect(clock.now() - before).toBe(60_000);
    expect((await call(`GET ${NOVA}/servers/${server.id}`, a.member)).body.server.status).toBe(status);
  }
});

test("a refusal hits only the calls it is for, after those it lets through, as often as it says", async () => {
  const { call, world, a } = await testWorld();
  const body = { computeFault: { code: 503, message: "busy" } };
  const fault = { kind: "refuse", status: 503, body } as const;
  const remove = world.conditions.inject({
    service: "site-a/",
    method: "GET",
    path: /servers$/,
    skip: 1,
    times: 1,
    fault,
  });
  const statuses = [];
  for (let index = 0; index < 3; index += 1) statuses.push((await call(`GET ${NOVA}/servers`, a.member)).status);
  expect(statuses).toEqual([200, 503, 200]);
  remove();
});

test("latency passes on the clock before the effect and unreachable services refuse at once", async () => {
  const { call, clock, world, a } = await testWorld();
  world.conditions.latencyOf = (service) => (service === "site-a/nova" ? 250 : 0);
  const before = clock.now();
  await call(`GET ${NOVA}/servers`, a.member);
  expect(clock.now() - before).toBe(250);
  world.conditions.inject({ service: "site-a/", fault: { kind: "unreachable" } });
  await expect(call(`GET ${NOVA}/servers`, a.member)).rejects.toMatchObject({ fault: "unreachable" });
  expect(clock.now() - before).toBe(250);
});

test("calls are recorded in order once recording is on", async () => {
  const { call, world, a } = await testWorld();
  world.conditions.isRecording = true;
  await call(`GET ${NOVA}/servers`, a.member);
  await call(`GET ${NOVA}/flavors?limit=1`, a.member);
  expect(world.conditions.calls.map(({ path, query, status }) => [path, query, status])).toEqual([
    ["/v2.1/servers", "", 200],
    ["/v2.1/flavors", "limit=1", 200],
  ]);
});
