import { expect, test } from "vitest";
import type { Flavor } from "./compute.ts";
import { hostRequest } from "./host-request.ts";

const FLAVOR: Flavor = {
  id: "f-1",
  name: "m1.small",
  vcpus: 2,
  ramMiB: 4096,
  diskGiB: 20,
  ephemeralGiB: 0,
  swapMiB: 0,
  extraSpecs: {},
};

function requestOf(extraSpecs: Record<string, string>) {
  return hostRequest({ ...FLAVOR, extraSpecs });
}

test("a server booted from a volume asks for no root disk, and for a host that is not disabled", () => {
  expect(hostRequest(FLAVOR)).toEqual({
    resources: { MEMORY_MB: 4096, VCPU: 2 },
    traits: ["!COMPUTE_STATUS_DISABLED"],
  });
});

test("ephemeral and swap disks are asked for, swap in whole GiB upwards", () => {
  expect(hostRequest({ ...FLAVOR, ephemeralGiB: 10, swapMiB: 1025 })?.resources.DISK_GB).toBe(12);
});

test("resources of the extra specs replace the flavor's own, 0 takes them off", () => {
  expect(requestOf({ "resources:VCPU": "0", "resources:MEMORY_MB": "512", "resources:VGPU": "1" })?.resources).toEqual({
    MEMORY_MB: 512,
    VGPU: 1,
  });
});

test("what a numbered group asks for is not asked of the rest", () => {
  expect(requestOf({ "resources1:VCPU": "2", "trait1:HW_CPU_X86_AVX2": "required" })).toEqual({
    resources: { MEMORY_MB: 4096 },
    traits: ["!COMPUTE_STATUS_DISABLED"],
  });
});

test("required and forbidden traits are passed", () => {
  expect(requestOf({ "trait:CUSTOM_GOLD": "required", "trait:CUSTOM_SLOW": "forbidden" })?.traits).toEqual([
    "!COMPUTE_STATUS_DISABLED",
    "!CUSTOM_SLOW",
    "CUSTOM_GOLD",
  ]);
});

test("CPUs of a pinned server are not asked for: Nova takes dedicated or shared ones", () => {
  expect(requestOf({ "hw:cpu_policy": "dedicated" })?.resources).toEqual({ MEMORY_MB: 4096 });
  expect(hostRequest(FLAVOR, { hw_cpu_policy: "dedicated" })?.resources).toEqual({ MEMORY_MB: 4096 });
});

test("nothing is asked when every amount is in numbered groups", () => {
  expect(requestOf({ "resources1:VCPU": "2", "resources1:MEMORY_MB": "4096" })).toBeUndefined();
});
