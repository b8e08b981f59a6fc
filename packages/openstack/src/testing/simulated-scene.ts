import { seededRandom, VirtualClock } from "@protector/ports";
import { createWorld, seedBasics, seedTenant, seedThreeTier } from "@protector/simulator";
import type { Cloud, CloudOptions, Credential } from "../cloud.ts";
import { connectCloud } from "../connect-cloud.ts";

/** A simulated cloud with an array and a three-tier workload, and sessions of the service user and of a member. */
function worldWith() {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const random = seededRandom(1);
  const world = createWorld({
    clock,
    random,
    arrays: [{ name: "array-a", origin: "https://127.0.0.21", apiToken: "token-a" }],
    clouds: [{ name: "site-a", host: "127.0.0.11", backends: [{ array: "array-a" }] }],
  });
  const site = world.cloud("site-a");
  const tenant = seedTenant(site, seedBasics(site));
  const workload = seedThreeTier(site, tenant);
  const connect = (credential: Credential, options: Partial<CloudOptions> = {}): Cloud =>
    connectCloud({ authUrl: site.authUrl, credential, ...options }, { transport: world.transport, clock, random });
  const password = (username: string, projectName: string): Credential => ({
    kind: "password",
    username,
    password: username === "protector" ? "labsvc" : `lab${username}`,
    userDomainName: "Default",
    scope: { kind: "project", projectName, projectDomainName: "Default" },
  });
  const service = connect(password("protector", "service"));
  const member = connect(password("demo", "demo"));
  const until = async <T>(look: () => Promise<T>, isDone: (found: T) => boolean): Promise<T> => {
    for (let second = 0; second < 120; second++) {
      const found = await look();
      if (isDone(found)) return found;
      await clock.sleep(1_000);
    }
    throw new Error("not done after two minutes");
  };
  return { clock, world, site, tenant, workload, connect, service, member, until };
}

type Scene = ReturnType<typeof worldWith>;

/** Runs a scene under its virtual clock. */
export async function play(scene: (parts: Scene) => Promise<void>): Promise<void> {
  const parts = worldWith();
  await parts.clock.run(scene(parts));
}
