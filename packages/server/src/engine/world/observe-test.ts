import type { NicSettings, PortDescription } from "@protector/contract";
import type { Network } from "@protector/openstack";
import { podOf } from "@protector/storage";
import { readJson, readOptionalJson } from "../../db/codecs.ts";
import type { FailoverMember } from "../plans/failover-input.ts";
import { testWirings, wiredNetworks } from "../plans/port-wiring.ts";
import type { TestInput } from "../plans/test-input.ts";
import type { PlanningContext } from "../workflows/workflow.ts";
import { chosenPoint } from "./chosen-point.ts";
import { arrayGroupAt } from "./group-names.ts";
import type { GroupView } from "./group-view.ts";
import { type MappingLookup, type MappingRow, mappingLookup, testLookup } from "./mapping.ts";
import { failoverMembers, observeTarget, replicationSettings } from "./observe-failover.ts";
import { podAt } from "./observe-pod.ts";

/** What a person asked of a test, as the operation holds it. */
export interface TestParameters {
  readonly recovery_point?: string;
  readonly cleanup?: "manual" | "auto";
  /** s */
  readonly time_limit?: number;
  readonly suffix?: string;
}

const USUAL_SUFFIX = "-test";

export function testParameters(operation: Pick<PlanningContext["operation"], "parameters">): TestParameters {
  return readJson(operation.parameters) as TestParameters;
}

/** Looks at the site of the test, and at no other, and gathers everything that the test is planned from. */
export async function observeTest(context: PlanningContext): Promise<TestInput> {
  const { operation, view, source, target, now } = context;
  const { group } = view;
  const isTowardsHome = target.siteId === group.home_site_id;
  const real = mappingLookup(view.mappings, isTowardsHome);
  const mapping = testLookup(view.mappings, isTowardsHome);
  const parameters = testParameters(operation);
  const captured = failoverMembers(view, source.siteId);
  const isMapped = new Set(
    view.mappings.filter((row) => row.kind === "test_network").map((row) => targetOf(row, isTowardsHome)),
  );
  const nics = isTowardsHome ? new Map<string, readonly NicSettings[]>() : nicsOf(view);
  for (const { network_id, is_test } of [...nics.values()].flat())
    if (is_test && network_id !== undefined) isMapped.add(network_id);
  const members = captured.map((member) =>
    asTestMember(
      { ...member, nics: testWirings(nics.get(member.id) ?? []) },
      { suffix: parameters.suffix ?? USUAL_SUFFIX, mapping, isMapped },
    ),
  );
  const observed = await observeTarget(context, members, mapping);
  const { network } = target.admin;
  const arrayGroup = arrayGroupAt(view, source.siteId);
  const pod = podOf(arrayGroup);
  const [chosen, half, networks, networkQuota] = await Promise.all([
    chosenPoint(context, parameters.recovery_point),
    pod === undefined ? undefined : podAt(target, pod),
    network.listNetworks({}),
    network.quota(target.projectId),
  ]);
  const production = wiredNetworks(real, captured);
  return {
    operationId: operation.id,
    group: { id: group.id, name: group.name, arrayGroup },
    epochs: { current: group.epoch, next: group.epoch, back: group.epoch },
    members,
    mapping,
    replication: replicationSettings(view),
    // The other array is not asked: of this one's half, `half` tells.
    pod: undefined,
    source: {
      siteName: source.siteName,
      servers: new Map(),
      marker: undefined,
      arrayGroup: undefined,
      connection: undefined,
    },
    target: observed,
    // Their site is not asked: it may be gone.
    sourceNames: new Map(),
    // A test stands beside them.
    leftBehind: undefined,
    ...chosen,
    isPointAsked: parameters.recovery_point !== undefined,
    half: half && pod !== undefined ? { ...half, name: pod } : undefined,
    copied: copiedNetworks(
      networks,
      [...wiredNetworks(mapping, members)].filter((id) => !isMapped.has(id)),
    ),
    productionNetworkIds: production,
    networkQuota,
    hostnames: new Map(captured.map((member) => [member.id, member.description.hostname ?? hostnameOf(member.name)])),
    now,
  };
}

function nicsOf({ members }: GroupView): Map<string, readonly NicSettings[]> {
  return new Map(members.map(({ id, row }) => [id, readOptionalJson(row.nics) ?? []]));
}

function targetOf(row: MappingRow, isTowardsHome: boolean): string {
  return isTowardsHome ? row.sourceId : row.targetId;
}

/**
 * Under another name, without what only one server in the world may have. A floating IP is new anyway: of a pool for
 * tests, on a network for tests; a copied network has no router that it could come through.
 */
function asTestMember(
  member: FailoverMember,
  {
    suffix,
    mapping,
    isMapped,
  }: { readonly suffix: string; readonly mapping: MappingLookup; readonly isMapped: ReadonlySet<string> },
): FailoverMember {
  const { description, nics } = member;
  const networkOf = ({ mac_address, network_id }: PortDescription) =>
    nics.get(mac_address.toLowerCase())?.network_id ?? mapping.find("network", network_id);
  const name = `${member.name}${suffix}`;
  return {
    ...member,
    name,
    description: {
      ...description,
      name: `${description.name}${suffix}`,
      ports: description.ports.map((port) => ({
        ...port,
        dns_name: null,
        floating_ips: port.floating_ips.filter(
          ({ network_id }) =>
            isMapped.has(networkOf(port) ?? "") && mapping.find("floating_ip_pool", network_id) !== undefined,
        ),
      })),
      volumes: description.volumes.map((volume) => ({ ...volume, name: volume.name ? `${volume.name}${suffix}` : "" })),
    },
  };
}

/** The hostname that Nova makes of a server's name. */
function hostnameOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[ _]/g, "-")
    .replaceAll(/[^\w.-]+/g, "")
    .replaceAll(".", "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .slice(0, 63);
}

function copiedNetworks(networks: readonly Network[], ids: readonly string[]): ReadonlyMap<string, Network> {
  return new Map(networks.filter((network) => ids.includes(network.id)).map((network) => [network.id, network]));
}
