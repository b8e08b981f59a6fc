import type { POD_ERRORS } from "../../packages/contract/src/error-catalogue-pods.ts";
import { seedServer } from "../../packages/simulator/src/index.ts";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import { POD } from "../world/protected-group.ts";
import { apis, type Provocations, shown, sites } from "./provocation.ts";

/** Two sites whose servers have their volumes in a pod: what one provocation puts wrong stays wrong for the next. */
const IN_POD = { isSync: true, shared: "pod" };

const FAILOVER = "failover shop --dry-run";
const BACKENDS = "--primary-backend array-a --secondary-backend array-b";

/** The arrays do not see each other, and the one at site A goes on with the pod. */
async function part({ sites: { world }, clock }: WorkingSites): Promise<void> {
  const [link] = world.links;
  world.array("array-a").model.preferForPod(POD, ["array-a"]);
  if (link) link.isUp = false;
  await clock.run(clock.sleep(60_000));
}

export const PODS: Provocations<keyof typeof POD_ERRORS> = {
  "policy.pod_needs_sync": apis(
    async (harness) => {
      await harness.run("pg create bare");
      return "policy create bare --primary-fa-url https://127.0.1.1 --primary-fa-api-token token-of-array-a --secondary-fa-url https://127.0.2.1 --secondary-fa-api-token token-of-array-b --pod gold";
    },
    1,
    '"bare" replicates asynchronously',
  ),
  "policy.pod_fixed": sites("policy update shop --pod gold", 3, "is cinder-pod; gold is another one", IN_POD),
  "pod.not_found": sites(
    async (here) => {
      await here.must("pg create lost --replication-type sync");
      return `policy create lost ${BACKENDS} --pod gold --wait`;
    },
    3,
    "Array array-a at site-a has no pod gold",
    IN_POD,
  ),
  "pod.not_stretched": sites(
    async (here) => {
      here.sites.world.array("array-a").model.createPod("lonely");
      await here.must("pg create alone --replication-type sync");
      return `policy create alone ${BACKENDS} --pod lonely --wait`;
    },
    3,
    "Pod lonely at site-a is on array-a; it has to be stretched over exactly array-a and array-b",
    IN_POD,
  ),
  "member.volume_not_in_pod": sites(
    (here) => {
      const { tenant } = here.sites.a;
      const { server } = seedServer(here.sites.world.cloud("site-a"), {
        name: "odd-01",
        owner: { project: tenant.project, user: tenant.user },
        flavor: tenant.basics.flavors.small,
        disks: [{ name: "odd-01-root", sizeGiB: 1, type: tenant.basics.replicated }],
        nics: [{ on: tenant.back }],
      });
      return shown(here, `member add shop ${server.id}`, "failed");
    },
    0,
    /Volume odd-01-root .* is in no pod; the group's volumes are in pod cinder-pod/,
    IN_POD,
  ),
  "member.volume_in_pod": sites(
    async (here) => {
      await here.must("pg create plain", `policy create plain ${BACKENDS} --wait`);
      return shown(here, "member add plain app-01", "failed");
    },
    0,
    /Volume app-01-root .* is in pod cinder-pod; the group replicates asynchronously/,
    IN_POD,
  ),
  "mapping.volume_type_sync": sites(
    async (here) => {
      const { volumes } = here.sites.world.cloud("site-b");
      const specs = { replication_enabled: "<is> True", replication_type: "<in> sync" };
      volumes.createType("stretched", { volume_backend_name: volumes.backends[0].name, ...specs });
      await here.must("mapping set shop --volume-type sync=stretched");
      return FAILOVER;
    },
    3,
    "Volume type sync is mapped to stretched at site-b, a type of sync replication",
    { isSync: true },
  ),
  "failback.into_pod": sites(
    async (here) => {
      await here.must("failover shop --yes --wait", "reprotect shop --yes --wait");
      return "failback shop --dry-run";
    },
    3,
    "The volumes that wait at site-a are in pod cinder-pod",
    { isSync: true },
  ),
  "pod.half_not_online": sites(
    async (here) => {
      await part(here);
      return FAILOVER;
    },
    3,
    "Pod cinder-pod is offline at array array-b",
    IN_POD,
  ),
  "pod.split_brain": sites(
    (here) => {
      for (const array of ["array-a", "array-b"]) here.sites.world.array(array).model.forcePodOnline(POD);
      return Promise.resolve(FAILOVER);
    },
    3,
    "array-a and array-b each say that pod cinder-pod is online there",
    IN_POD,
  ),
};
