import type { GROUP_ERRORS } from "../../packages/contract/src/error-catalogue-groups.ts";
import { seedFlavor, seedServer, seedVolume } from "../../packages/simulator/src/index.ts";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import { apis, type Provocations, shown, sites } from "./provocation.ts";
import { SERVERS, withMembers } from "./shop-rows.ts";

const NOBODY = "99999999-9999-4999-8999-999999999999";

type Flaw = (here: WorkingSites, server: ReturnType<typeof seedServer>["server"]) => void;

/** Adds a new server `odd-01`, which has one replicated volume and a flaw. */
const adding =
  (flaw: Flaw, type: "replicated" | "plain" = "replicated") =>
  async (here: WorkingSites) => {
    const { tenant } = here.sites.a;
    const { server } = seedServer(here.sites.world.cloud("site-a"), {
      name: "odd-01",
      owner: { project: tenant.project, user: tenant.user },
      flavor: tenant.basics.flavors.small,
      disks: [{ name: "odd-01-root", sizeGiB: 1, type: tenant.basics[type] }],
      nics: [{ on: tenant.back }],
    });
    flaw(here, server);
    return shown(here, `member add shop ${server.id}`, "failed", "completed");
  };

/** The volume that `odd-01` boots from. */
function volumeOf({ sites: { world } }: WorkingSites, server: Parameters<Flaw>[1]) {
  const volume = world.cloud("site-a").volumes.volumes.get(server.disks[0]?.volumeId ?? "");
  if (!volume) throw new Error("odd-01 has no volume");
  return volume;
}

/** A plan after one server of the group has changed. */
const changed = (change: (server: Parameters<Flaw>[1], here: WorkingSites) => void) => async (here: WorkingSites) => {
  const server = [...here.sites.world.cloud("site-a").compute.servers.values()].find(({ name }) => name === "web-01");
  if (server) change(server, here);
  return "failover shop --dry-run";
};

/** Refused servers leave no trace in the group. */
const CAPTURE = { shared: "capture" };

/** A plan names everything that stands in its way. */
const PLAN = { shared: "plan" };

export const MEMBERS: Provocations<Extract<keyof typeof GROUP_ERRORS, `member.${string}`>> = {
  "member.not_found": apis("member show shop nobody", 1, 'No member "nobody" in the group'),
  "member.already_protected": sites(
    async (here) => {
      await here.must(
        "pg create second",
        "policy create second --primary-backend array-a --secondary-backend array-b --wait",
      );
      return "member add second db-01";
    },
    3,
    /is a member of protection group "shop" \([0-9a-f-]+\)/,
    CAPTURE,
  ),
  "member.server_not_found": sites("member add shop nobody-01", 1, 'No server "nobody-01" at site-a', CAPTURE),
  "member.image_booted": sites(
    adding(({ sites: { a } }, server) => Object.assign(server, { imageId: a.tenant.basics.imageId })),
    0,
    "Server odd-01 boots from image",
    CAPTURE,
  ),
  "member.local_disk": sites(
    adding(({ sites: { world } }, server) => {
      const flavor = seedFlavor(world.cloud("site-a"), { name: "m1.swap", vcpus: 1, ramMiB: 512, swapMiB: 512 });
      Object.assign(server, { flavor });
    }),
    0,
    "Flavor m1.swap of odd-01 has ephemeral or swap disks",
    CAPTURE,
  ),
  "member.volume_not_replicated": sites(
    adding(() => {}, "plain"),
    0,
    /Volume odd-01-root .* has volume type plain/,
    CAPTURE,
  ),
  "member.volume_encrypted": sites(
    adding((here, server) => Object.assign(volumeOf(here, server), { isEncrypted: true })),
    0,
    /Volume odd-01-root .* is encrypted/,
    CAPTURE,
  ),
  "member.volume_shared": sites(
    adding((here, server) => {
      const volume = volumeOf(here, server);
      const [own] = volume.attachments;
      if (own) volume.attachments.push({ ...own, id: "other", serverId: NOBODY });
    }),
    0,
    /Volume odd-01-root .* is attached to other servers too/,
    CAPTURE,
  ),
  "member.volume_not_on_array": sites(
    adding((here, server) => Object.assign(volumeOf(here, server), { providerId: "another-array-volume" })),
    0,
    /Volume odd-01-root .* is not on the array/,
    CAPTURE,
  ),
  "member.unsupported_port": sites(
    adding(({ sites: { world } }, server) => {
      const port = world.cloud("site-a").networks.ports.get(server.nics[0]?.portId ?? "");
      if (port) Object.assign(port, { vnicType: "direct" });
    }),
    0,
    /Port [0-9a-f-]+ of odd-01 has vNIC type direct/,
    CAPTURE,
  ),
  "member.unsupported_device": sites(
    adding(({ sites: { world } }, server) => {
      const flavor = seedFlavor(world.cloud("site-a"), { name: "m1.tpm", vcpus: 1, ramMiB: 512 });
      Object.assign(server, { flavor: { ...flavor, extraSpecs: { "hw:tpm_version": "2.0" } } });
    }),
    0,
    "Flavor m1.tpm of odd-01 has a virtual TPM",
    CAPTURE,
  ),
  "member.changed": sites(
    changed((server, { sites: { world, a } }) => {
      const owner = { project: a.tenant.project, user: a.tenant.user };
      const volume = seedVolume(world.cloud("site-a"), {
        name: "new",
        sizeGiB: 1,
        type: a.tenant.basics.replicated,
        owner,
      });
      const [first] = server.disks;
      if (first)
        Object.assign(server, {
          disks: [...server.disks, { ...first, volumeId: volume.id, isRoot: false, device: "/dev/vdz" }],
        });
    }),
    3,
    "web-01: Its volumes have changed since it was protected",
    PLAN,
  ),
  "member.wrong_state": sites(
    changed((server) => Object.assign(server, { vmState: "error" })),
    3,
    "web-01: It is ERROR",
    PLAN,
  ),
  "member.limit": apis(
    async (harness) => {
      await withMembers(harness, SERVERS[0]);
      const { db, now } = harness.sites.a.database;
      const [row] = await db.selectFrom("pg_members").selectAll().execute();
      const more = Array.from({ length: 499 }, (_, index) => {
        const id = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
        return { ...row, id, home_server_id: id, name: id, position: index + 1, updated_at: now() };
      });
      await db
        .insertInto("pg_members")
        .values(more as never)
        .execute();
      return `member add shop ${NOBODY}`;
    },
    3,
    '"shop" has 500 members already',
  ),
  "member.gate_closed": sites(
    async (here) => {
      await here.must("member set shop web-01 --gate console:ready --gate-timeout 60 --critical");
      return shown(here, "failover shop --yes", "failed", "completed", "completed_with_errors");
    },
    0,
    /web-01/,
  ),
  "member.order_cycle": apis(
    async (harness) => {
      const [one, two] = SERVERS;
      await withMembers(harness, one, two);
      await harness.run(`member set shop ${one} --depends-on ${two}`);
      return `member set shop ${two} --depends-on ${one}`;
    },
    1,
    "->",
  ),
  "member.order_dangling": apis(
    async (harness) => {
      const [one, two] = SERVERS;
      await withMembers(harness, one, two);
      await harness.run(`member set shop ${one} --depends-on ${two}`);
      return `member remove shop ${two}`;
    },
    1,
    SERVERS[0],
  ),
};
