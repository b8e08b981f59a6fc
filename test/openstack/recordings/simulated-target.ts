import { seededRandom, VirtualClock } from "@protector/ports";
import { createWorld, seedBasics } from "@protector/simulator";
import type { CloudTarget } from "./cloud-target.ts";

/** A simulated cloud under virtual time. */
export function simulatedTarget(): { readonly target: CloudTarget; readonly clock: VirtualClock } {
  const clock = new VirtualClock(Date.UTC(2026, 10, 22, 12));
  const random = seededRandom(1);
  const world = createWorld({
    clock,
    random,
    arrays: [
      { name: "array-a", origin: "https://127.0.0.21", apiToken: "token-a" },
      { name: "array-b", origin: "https://127.0.0.22", apiToken: "token-b" },
    ],
    clouds: [
      {
        name: "site-a",
        host: "127.0.0.11",
        backends: [{ array: "array-a" }], // A resize goes to the other one.
        hosts: { count: 2 },
      },
    ],
  });
  const site = world.cloud("site-a");
  seedBasics(site);
  const scope = { kind: "project", projectName: "admin", projectDomainName: "Default" } as const;
  const target: CloudTarget = {
    authUrl: site.authUrl,
    administrator: { kind: "password", username: "admin", password: "labadmin", userDomainName: "Default", scope },
    transport: world.transport,
    clock,
    random,
    replicatedType: "replicated",
    image: "cirros",
    setManagePolicy: async (policy) => {
      site.volumes.memberMayManage = policy === "open";
    },
  };
  return { target, clock };
}
