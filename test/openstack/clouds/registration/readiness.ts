import { waitFor } from "../../machines/wait.ts";
import type { Site } from "../site.ts";
import { Admin } from "./admin.ts";

const LIMIT_MS = 600_000;

/** A process of Nova or Cinder as the service lists it. */
interface Worker {
  readonly binary: string;
  readonly state: string;
}

/** Resolves when Nova's and Cinder's processes behind the APIs have reported themselves. */
export async function waitForWorkers(site: Site): Promise<void> {
  const admin = await Admin.login(site);
  const wait = (what: string, service: string, binaries: readonly string[]) =>
    waitFor(
      async () => {
        const workers = await admin.list<Worker>({ service, path: "/os-services" }, "services");
        const up = workers.filter(({ state }) => state === "up").map(({ binary }) => binary);
        return binaries.every((binary) => up.includes(binary)) ? true : undefined;
      },
      { what: `${site.name}: the processes of ${what} did not report`, timeoutMs: LIMIT_MS },
    );
  const pools = () => admin.list({ service: "volumev3", path: "/scheduler-stats/get_pools" }, "pools");
  await Promise.all([
    // A driver that could not be set up has no pool, although its process reports itself at first.
    waitFor(async () => ((await pools()).length > 0 ? true : undefined), {
      what: `${site.name}: cinder-volume did not report the array`,
      timeoutMs: LIMIT_MS,
    }),
    wait("Nova", "compute", ["nova-conductor", "nova-scheduler", "nova-compute"]),
    wait("Cinder", "volumev3", ["cinder-scheduler", "cinder-volume"]),
  ]);
}

/** Resolves when a server could be made: the hypervisor is known to the scheduler, and networks can be asked for. */
export async function waitForHypervisor(site: Site): Promise<void> {
  const admin = await Admin.login(site);
  const some = (service: string, path: string, key: string) =>
    waitFor(async () => ((await admin.list({ service, path }, key)).length > 0 ? true : undefined), {
      what: `${site.name}: ${path} did not answer with anything`,
      timeoutMs: LIMIT_MS,
    });
  await some("compute", "/os-hypervisors", "hypervisors");
  await some("placement", "/resource_providers", "resource_providers");
  await some("network", "/v2.0/security-groups", "security_groups");
}
