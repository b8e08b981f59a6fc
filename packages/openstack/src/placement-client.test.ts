import { expect, test } from "vitest";
import { scriptedCloud, tokenBody } from "./testing/scripted-transport.ts";

test("candidates are asked for by what a server takes, at a version that knows a limit and traits", async () => {
  const endpoint = { interface: "public", region_id: "RegionOne", url: "http://controller/placement" };
  const body = tokenBody({ catalog: [{ type: "placement", name: "placement", endpoints: [endpoint] }] });
  const call =
    "GET http://controller/placement/allocation_candidates?resources=VCPU%3A2%2CMEMORY_MB%3A4096&required=%21COMPUTE_STATUS_DISABLED&limit=2";
  const scripted = scriptedCloud({
    "POST http://controller:5000/v3/auth/tokens": { status: 201, headers: { "x-subject-token": "t" }, body },
    [call]: { body: { allocation_requests: [], provider_summaries: {} } },
  });
  const request = { resources: { VCPU: 2, MEMORY_MB: 4096 }, traits: ["!COMPUTE_STATUS_DISABLED"] };
  const room = await scripted.run(scripted.cloud.placement.roomFor(request, 2));
  expect(room).toEqual({ servers: 0, isEveryHost: true, free: {} });
  expect(scripted.sentTo(call)[0]?.headers["openstack-api-version"]).toBe("placement 1.22");
});

test("servers are counted over all hosts, by the scarcest resource of each", async () => {
  const endpoint = { interface: "public", region_id: "RegionOne", url: "http://controller/placement" };
  const body = tokenBody({ catalog: [{ type: "placement", name: "placement", endpoints: [endpoint] }] });
  const call = "GET http://controller/placement/allocation_candidates?resources=VCPU%3A2%2CMEMORY_MB%3A4096&limit=16";
  const on = (provider: string) => ({ allocations: { [provider]: { resources: { VCPU: 2, MEMORY_MB: 4096 } } } });
  const has = (vcpus: number, mib: number) => ({
    resources: { VCPU: { capacity: vcpus, used: 4 }, MEMORY_MB: { capacity: mib, used: 0 } },
  });
  const scripted = scriptedCloud({
    "POST http://controller:5000/v3/auth/tokens": { status: 201, headers: { "x-subject-token": "t" }, body },
    [call]: {
      body: {
        allocation_requests: [on("rp-1"), on("rp-2")],
        provider_summaries: { "rp-1": has(64, 3 * 4096), "rp-2": has(8, 100 * 4096) },
      },
    },
  });
  const request = { resources: { VCPU: 2, MEMORY_MB: 4096 }, traits: [] };
  const room = await scripted.run(scripted.cloud.placement.roomFor(request, 9));
  expect(room).toEqual({
    servers: 5,
    isEveryHost: true,
    free: { "rp-1": { VCPU: 60, MEMORY_MB: 12_288 }, "rp-2": { VCPU: 4, MEMORY_MB: 409_600 } },
  });
});
