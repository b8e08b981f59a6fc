import type { Operation } from "@protector/contract";
import type { StageSite } from "./stage.ts";
import { mappingOptions } from "./surroundings.ts";
import type { Tenancy } from "./tenancy.ts";
import type { WantedServer } from "./workload.ts";

/** What administrators do once, and once per tenant. May be repeated. */
export async function registerTenant(sites: readonly [StageSite, StageSite], { admin, name }: Tenancy): Promise<void> {
  await admin.protector("site", "create", ...sites.map((site) => site.name));
  await admin.protector("tenant-mapping", "create", "--project", name, "--secondary-project", name);
}

/** What a tenant does to protect servers, up to the first recovery point. */
export async function protect(
  tenancy: Tenancy,
  group: string,
  {
    servers,
    policy,
    volumeType,
    volumeTypeThere = volumeType,
    create = [],
  }: {
    readonly servers: readonly WantedServer[];
    /** Options of `policy-create`. */
    readonly policy: readonly string[];
    readonly volumeType: string;
    /** Default: the same. */
    readonly volumeTypeThere?: string;
    /** Options of `protection-group create`. */
    readonly create?: readonly string[];
  },
): Promise<void> {
  const { member } = tenancy;
  await member.protector("protection-group", "create", group, ...create);
  await member.protector("mapping", "set", group, ...mappingOptions(tenancy, volumeType, volumeTypeThere));
  await member.protector("protection-group", "policy-create", group, ...policy);
  for (const server of [...servers].sort((x, y) => x.tier - y.tier)) {
    const userData = server.userData ? ["--user-data", server.userData.policy] : [];
    await member.protector("member", "add", group, server.name, "--tier", String(server.tier), ...userData);
  }
  await member.protector("protection-group", "replicate", group);
}

/** Options of `policy-create` that name the arrays of clouds that were not made by these tests. */
const NAMED_POLICY = "PROTECTOR_TEST_POLICY";

/**
 * Options of `policy-create` that name the arrays of both sites, with their tokens.
 * @throws Error when these clouds' arrays are unknown.
 */
export function arrayPolicy(sites: readonly [StageSite, StageSite]): readonly string[] {
  const [a, b] = sites.map(({ array }) => array);
  if (!a || !b) {
    const words = process.env[NAMED_POLICY]?.trim().split(/\s+/);
    if (words) return words;
    throw new Error(`${NAMED_POLICY} has to hold the options of "protection-group policy-create" that name the arrays`);
  }
  return [
    ...["--primary-fa-url", a.url, "--primary-fa-api-token", a.apiToken],
    ...["--secondary-fa-url", b.url, "--secondary-fa-api-token", b.apiToken],
  ];
}

/** Fails the group over to the other site, as a person would who has said yes. */
export function failOver({ member }: Tenancy, group: string): Promise<Operation> {
  return member.protector<Operation>("failover", group, "--yes");
}

/** Id under which Protector knows a site. */
export async function siteIdOf({ admin }: Tenancy, name: string): Promise<string> {
  const sites = await admin.protector<readonly { id: string; name: string }[]>("site", "list");
  const site = sites.find((each) => each.name === name);
  if (!site) throw new Error(`Protector knows no site ${name}`);
  return site.id;
}
