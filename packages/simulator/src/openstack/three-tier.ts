import type { VolumeTypeRecord } from "./cinder/records.ts";
import type { Cloud } from "./cloud.ts";
import {
  type SeededNetwork,
  type SeededServer,
  seedFlavor,
  seedKeypair,
  seedNetwork,
  seedProject,
  seedServer,
  seedUser,
} from "./cloud-seed.ts";
import type { Project, User } from "./keystone/records.ts";
import type { SecurityGroupRecord } from "./neutron/records.ts";
import type { FlavorRecord } from "./nova/records.ts";

/** What every cloud has before tenants come: administrator, service user, types, flavors, image, external network. */
export interface SeededBasics {
  readonly adminProject: Project;
  readonly serviceProject: Project;
  /** `admin` with password `labadmin`. */
  readonly admin: User;
  /** `protector` with password `labsvc`: administrator and service in the project `service`. */
  readonly serviceUser: User;
  readonly replicated: VolumeTypeRecord;
  readonly plain: VolumeTypeRecord;
  /** `sync`, where the first backend has a device for it. */
  readonly sync: VolumeTypeRecord | undefined;
  readonly flavors: { readonly small: FlavorRecord; readonly medium: FlavorRecord };
  readonly external: SeededNetwork;
  readonly imageId: string;
}

/** @param names passwords and names differ from the defaults only where given. */
export function seedBasics(cloud: Cloud): SeededBasics {
  const adminProject = seedProject(cloud, "admin");
  const serviceProject = seedProject(cloud, "service");
  const admin = seedUser(cloud, { name: "admin", password: "labadmin", project: adminProject, roles: ["admin"] });
  const adminRole = cloud.identity.roleNamed("admin");
  if (adminRole) cloud.identity.grant(admin.id, "system", adminRole.id);
  const serviceUser = seedUser(cloud, {
    name: "protector",
    password: "labsvc",
    project: serviceProject,
    roles: ["admin", "service"],
  });
  const [backend] = cloud.volumes.backends;
  const replicated = cloud.volumes.createType("replicated", {
    volume_backend_name: backend.name,
    replication_enabled: "<is> True",
    replication_type: "<in> async",
  });
  const plain = cloud.volumes.createType("plain", { volume_backend_name: backend.name });
  const sync =
    backend.sync &&
    cloud.volumes.createType("sync", {
      volume_backend_name: backend.name,
      replication_enabled: "<is> True",
      replication_type: "<in> sync",
    });
  cloud.volumes.createGroupType("consistent", { consistent_group_snapshot_enabled: "<is> True" });
  const small = seedFlavor(cloud, { name: "m1.small", vcpus: 1, ramMiB: 2048 });
  const medium = seedFlavor(cloud, { name: "m1.medium", vcpus: 2, ramMiB: 4096 });
  const external = seedNetwork(cloud, {
    name: "public",
    project: adminProject,
    cidr: "203.0.113.0/24",
    isExternal: true,
  });
  const image = cloud.images.create({ name: "cirros", ownerId: adminProject.id });
  return {
    adminProject,
    serviceProject,
    admin,
    serviceUser,
    replicated,
    plain,
    sync,
    flavors: { small, medium },
    external,
    imageId: image.id,
  };
}

/** A tenant's surroundings, alike on every cloud, without servers. */
export interface SeededTenant {
  readonly basics: SeededBasics;
  readonly project: Project;
  /** Member of the project. */
  readonly user: User;
  readonly password: string;
  readonly front: SeededNetwork;
  readonly back: SeededNetwork;
  readonly web: SecurityGroupRecord;
  readonly database: SecurityGroupRecord;
  readonly keyName: string;
}

/** Project, member, two networks, two security groups and a key pair; the same names on every cloud. */
export function seedTenant(cloud: Cloud, basics: SeededBasics, name = "demo"): SeededTenant {
  const project = seedProject(cloud, name);
  const password = `lab${name}`;
  const user = seedUser(cloud, { name, password, project, roles: ["member"] });
  const front = seedNetwork(cloud, { name: `${name}-front`, project, cidr: "10.10.0.0/24" });
  const back = seedNetwork(cloud, { name: `${name}-back`, project, cidr: "10.20.0.0/24" });
  const web = cloud.networks.createSecurityGroup({ name: `${name}-web`, projectId: project.id });
  for (const port of [80, 443]) {
    cloud.networks.addRule(web, {
      direction: "ingress",
      protocol: "tcp",
      portMin: port,
      portMax: port,
      remoteCidr: "0.0.0.0/0",
    });
  }
  const database = cloud.networks.createSecurityGroup({ name: `${name}-database`, projectId: project.id });
  cloud.networks.addRule(database, {
    direction: "ingress",
    protocol: "tcp",
    portMin: 5432,
    portMax: 5432,
    remoteGroupId: web.id,
  });
  const keyName = `${name}-key`;
  seedKeypair(cloud, user, keyName);
  return { basics, project, user, password, front, back, web, database, keyName };
}

/** What the servers of tenant `demo` use and a recovery needs at the other site: OpenStack's noun and the name. */
export const DEMO_RESOURCES = [
  ["network", "demo-front"],
  ["network", "demo-back"],
  ["subnet", "demo-front-subnet"],
  ["subnet", "demo-back-subnet"],
  ["flavor", "m1.small"],
  ["flavor", "m1.medium"],
  ["security-group", "demo-web"],
  ["security-group", "demo-database"],
  ["volume-type", "replicated"],
] as const;

export interface ThreeTier {
  readonly web: SeededServer;
  readonly app: SeededServer;
  readonly db: SeededServer;
}

/**
 * A running three-tier workload: web, app and db on five replicated volumes, two networks, fixed addresses.
 * @param type of all volumes; default `replicated`.
 */
export function seedThreeTier(cloud: Cloud, tenant: SeededTenant, type = tenant.basics.replicated): ThreeTier {
  const { basics, front, back, web, database, keyName } = tenant;
  const owner = { project: tenant.project, user: tenant.user };
  const disk = (name: string, sizeGiB: number) => ({ name, sizeGiB, type });
  const onFront = (address: string) => ({ on: front, address, securityGroups: [web] });
  const onBack = (address: string) => ({ on: back, address, securityGroups: [database] });
  return {
    web: seedServer(cloud, {
      name: "web-01",
      owner,
      flavor: basics.flavors.small,
      disks: [disk("web-01-root", 8)],
      nics: [onFront("10.10.0.11")],
      keyName,
      metadata: { tier: "web" },
      tags: ["web"],
    }),
    app: seedServer(cloud, {
      name: "app-01",
      owner,
      flavor: basics.flavors.small,
      disks: [disk("app-01-root", 8), disk("app-01-data", 10)],
      nics: [onFront("10.10.0.21"), onBack("10.20.0.21")],
      keyName,
      metadata: { tier: "app" },
      tags: ["app"],
    }),
    db: seedServer(cloud, {
      name: "db-01",
      owner,
      flavor: basics.flavors.medium,
      disks: [disk("db-01-root", 8), disk("db-01-data", 20)],
      nics: [onBack("10.20.0.31")],
      keyName,
      metadata: { tier: "db" },
      tags: ["db"],
    }),
  };
}
