import type { GROUP_ERRORS } from "../../packages/contract/src/error-catalogue-groups.ts";
import { finishOperation, send } from "../../packages/server/src/api/testing.ts";
import { writeJson } from "../../packages/server/src/db/codecs.ts";
import { seedFlavor, seedServer, seedVolume } from "../../packages/simulator/src/index.ts";
import type { Harness } from "../two-sites/harness.ts";
import { protectShop } from "../two-sites/shop.ts";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import { answered, apis, type Provocations, shown, sites } from "./provocation.ts";

const NOBODY = "99999999-9999-4999-8999-999999999999";
const SERVERS = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"] as const;

/** Id of the group that a harness begins with. */
async function shopOf({ sites: { a } }: Harness): Promise<string> {
  return (await a.database.db.selectFrom("protection_groups").select("id").executeTakeFirstOrThrow()).id;
}

/** Members whose capture nobody does: rows are enough for rules of the group. */
async function withMembers(harness: Harness, ...serverIds: readonly string[]): Promise<void> {
  const id = await shopOf(harness);
  for (const server of serverIds) {
    await harness.run(`member add shop ${server} --no-wait`);
    await finishOperation(harness.sites.a, id);
    await harness.run("pg sync-force shop");
  }
}

/** A request about the group, as it is. */
async function patch(harness: Harness, site: "a" | "b", changes: object) {
  const at = harness.sites[site];
  const path = { project_id: at.projectId, id: await shopOf(harness) };
  return answered(await send(at, "protection_groups.update", { path, body: { protection_group: changes } }));
}

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

/** A failover's plan after kinds of mappings are gone at the site that would recover. */
const unmapped =
  (kind: "network" | "subnet" | "flavor" | "security_group" | "volume_type") => async (here: WorkingSites) => {
    await here.sites.b.connection.db.deleteFrom("resource_mappings").where("kind", "=", kind).execute();
    return "failover shop --dry-run";
  };

/** A plan after one server of the group has changed. */
const changed = (change: (server: Parameters<Flaw>[1], here: WorkingSites) => void) => async (here: WorkingSites) => {
  const server = [...here.sites.world.cloud("site-a").compute.servers.values()].find(({ name }) => name === "web-01");
  if (server) change(server, here);
  return "failover shop --dry-run";
};

const POLICY =
  "--primary-fa-api-token token-of-array-a --secondary-fa-api-token token-of-array-b --secondary-fa-url https://127.0.2.1";

/** Refused servers leave no trace in the group. */
const CAPTURE = { shared: "capture" };

/** A plan names everything that stands in its way. */
const PLAN = { shared: "plan" };

export const GROUPS: Provocations<keyof typeof GROUP_ERRORS> = {
  "protection_group.not_found": apis("pg show nobody", 1, 'No protection group "nobody"'),
  "protection_group.name_exists": apis("pg create shop", 3, '"shop"'),
  "protection_group.not_primary": apis((harness) => patch(harness, "b", { description: "x" }), 409, "site-a"),
  "protection_group.given_up": apis(
    async (harness) => {
      const { b } = harness.sites;
      const id = await shopOf(harness);
      const given_up_at = "2026-01-05 08:00:00.000000";
      await b.database.db.updateTable("protection_groups").set({ given_up_at }).execute();
      const body = { failover: { mode: "unplanned" } } as const;
      return answered(await send(b, "protection_groups.action", { path: { project_id: b.projectId, id }, body }));
    },
    409,
    /site-a.* has given this site up as the second site of .*shop/,
  ),
  "protection_group.out_of_sync": apis(
    async (harness) => {
      await patch(harness, "a", { description: "x" });
      return patch(harness, "a", { description: "y" });
    },
    409,
    /has not confirmed generation \d of .*shop/,
  ),
  "protection_group.busy": apis(
    async (harness) => {
      await harness.run("policy update shop --rpo-minutes 60 --no-wait");
      return "pg set shop --name other";
    },
    3,
    /"shop" is being changed by group_create [0-9a-f-]{36}/,
  ),
  "protection_group.wrong_status": apis("failback shop --yes", 3, /"shop" is active at its home, site "site-a"/),
  "protection_group.not_empty": apis(
    async (harness) => {
      await withMembers(harness, SERVERS[0]);
      return "pg delete shop";
    },
    3,
    '"shop"',
  ),
  "protection_group.no_policy": apis(
    async (harness) => {
      await harness.run("pg create bare");
      return `member add bare ${NOBODY}`;
    },
    3,
    '"bare" has no replication policy',
  ),
  "policy.in_use": apis(
    async (harness) => {
      await withMembers(harness, SERVERS[0]);
      return "policy delete shop";
    },
    3,
    'policy of protection group "shop" is in use: the group has a member.',
  ),
  "generation.conflict": apis((harness) => patch(harness, "a", { description: "x", generation: 1 }), 409, "generation"),
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
  "hook.invalid": apis(
    async (harness) => {
      const { a } = harness.sites;
      const path = { project_id: a.projectId, id: await shopOf(harness) };
      const hook = {
        when: "before",
        of: "plan",
        tier: 3,
        member_id: null,
        url: "https://hooks.example.com",
        undo_url: null,
        timeout_seconds: 5,
        retries: 0,
        on_failure: "stop",
        in_tests: false,
      } as const;
      return answered(await send(a, "hooks.update", { path, body: { hooks: [hook] } }));
    },
    400,
    "names tier 3",
  ),
  "hook.dangling": apis("hook add shop --before tier:9 --url https://hooks.example.com", 1, "no member is in tier 9"),
  "hook.url_refused": apis("hook add shop --before plan --url https://127.0.0.1", 1, "https://127.0.0.1"),
  "hook.failed": sites(
    async (here) => {
      await here.must("hook add shop --before plan --url https://hooks.example.com/shop --retries 0");
      return shown(here, "failover shop --yes", "failed", "completed");
    },
    0,
    "https://hooks.example.com",
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
  "policy.not_found": apis(
    async (harness) => {
      await harness.run("pg create bare");
      return "policy show bare";
    },
    1,
    '"bare"',
  ),
  "policy.exists": apis(`policy create shop --primary-fa-url https://127.0.1.1 ${POLICY}`, 3, '"shop"'),
  "policy.array_refused": apis(
    async (harness) => {
      await harness.run("pg create bare");
      return `policy create bare --primary-fa-url https://192.0.2.1 ${POLICY}`;
    },
    1,
    "primary_fa_url https://192.0.2.1",
  ),
  "policy.backend_unknown": apis(
    async (harness) => {
      await harness.run("pg create bare");
      return "policy create bare --primary-backend gold --secondary-backend silver";
    },
    1,
    "primary_backend gold is not enabled",
  ),
  "mapping.invalid": sites(
    async ({ files }) => {
      const twice = "demo-front-subnet=10.10.0.9; demo-front-subnet=10.10.0.9";
      files.set("nics.csv", `member,nic,addresses\nweb-01,1,${twice}\n`);
      return "mapping import shop --from-file nics.csv --yes";
    },
    1,
    "10.10.0.9 is given to NIC",
  ),
  "mapping.network_unmapped": sites(
    unmapped("network"),
    3,
    /web-01: Network demo-front \([0-9a-f-]+\) is not mapped to site-b/,
    PLAN,
  ),
  "mapping.subnet_unmapped": sites(unmapped("subnet"), 3, /Subnet .* is not mapped to site-b/, PLAN),
  "mapping.flavor_unmapped": sites(
    unmapped("flavor"),
    3,
    /Flavor m1.small \([0-9a-f-]+\) is not mapped to site-b/,
    PLAN,
  ),
  "mapping.security_group_unmapped": sites(
    unmapped("security_group"),
    3,
    /Security group demo-web \([0-9a-f-]+\) is not mapped/,
    PLAN,
  ),
  "mapping.volume_type_unmapped": sites(
    unmapped("volume_type"),
    3,
    "Volume type replicated is not mapped to site-b",
    PLAN,
  ),
  "mapping.image_unmapped": sites(
    async (here) => {
      const { volumes } = here.sites.world.cloud("site-a");
      const root = [...volumes.volumes.values()].find(({ name }) => name === "app-01-root");
      if (root) root.imageMetadata = { ...root.imageMetadata, kernel_id: NOBODY };
      await here.must("member add shop app-01 --wait");
      return "failover shop --dry-run";
    },
    3,
    `app-01: Kernel image ${NOBODY}`,
  ),
  "mapping.test_volume_type_unmapped": sites(
    async (here) => {
      await protectShop(here);
      return "test-failover shop --dry-run";
    },
    3,
    "Volume type replicated is not mapped to a type for tests at site-b",
    { isNew: true },
  ),
  "mapping.nic_invalid": sites(
    async ({ sites: { world, b } }) => {
      const port = [...world.cloud("site-a").networks.ports.values()].find(({ name }) => name.startsWith("web-01"));
      const own = [{ mac_address: port?.macAddress ?? "", is_test: false, network_id: NOBODY }];
      const { db } = b.connection;
      await db
        .updateTable("pg_members")
        .set({ nics: writeJson(own) })
        .where("name", "=", "web-01")
        .execute();
      return "failover shop --dry-run";
    },
    3,
    /web-01: NIC [0-9a-f:]+: network 99999999-\S+ is not at site-b/,
  ),
  "mapping.target_missing": sites(
    async (here) => {
      const { db } = here.sites.b.connection;
      await db.updateTable("resource_mappings").set({ target_id: NOBODY }).where("kind", "=", "flavor").execute();
      return "failover shop --dry-run";
    },
    3,
    /Flavor m1.small .* is mapped to 99999999-.*, which is not at site-b/,
  ),
};
