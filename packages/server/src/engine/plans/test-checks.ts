import type { CheckResult } from "@protector/contract";
import { checkAddresses, checkMappings, checkNics, checkRoom, type FailoverChecks } from "./failover-checks.ts";
import type { FailoverMember } from "./failover-input.ts";
import { distinct, finding } from "./findings.ts";
import { tellNics } from "./nic-checks.ts";
import { portWiring } from "./port-wiring.ts";
import { unseenGate } from "./readiness-gates.ts";
import type { TestInput } from "./test-input.ts";
import { testPointBlockers, testPointWarnings } from "./test-point.ts";

/** Looks at everything that would stop a test failover half way, or let it touch production; changes nothing. */
export function checkTest(input: TestInput): FailoverChecks {
  const { group, members, target } = input;
  const blockers: CheckResult[] = [
    ...testPointBlockers(input),
    ...checkTestMappings(input),
    ...checkNics(input),
    ...members.flatMap((member) => checkTypes(input, member)),
    ...checkIsolation(input),
    ...checkAddresses(onMappedNetworks(input)),
    ...checkRoom(input),
    ...checkNetworkQuota(input),
  ];
  if (members.length === 0) {
    blockers.push(finding("protection_group.wrong_status", group.name, "The group has no members to test."));
  }
  if (target.cinderHostProblem) blockers.push(finding("site.not_validated", target.siteName, target.cinderHostProblem));
  if (target.trustProblem) blockers.push(finding("trust.unusable", target.siteName, target.trustProblem));
  return {
    blockers: distinct(blockers),
    warnings: distinct([
      ...members.flatMap((member) => [...warnMember(member), ...unseenGate(input, member)]),
      ...tellNics(input),
      ...testPointWarnings(input),
    ]),
  };
}

/** On a copy every address is free. */
function onMappedNetworks(input: TestInput): TestInput {
  const { target, copied } = input;
  return { ...input, target: { ...target, ports: target.ports.filter((port) => !copied.has(port.networkId)) } };
}

/** Volume types are looked at apart: those of tests are others. */
function checkTestMappings(input: TestInput): readonly CheckResult[] {
  return checkMappings(input).filter(({ check }) => !/^mapping\.volume_type_(unmapped|sync)$/.test(check));
}

function checkTypes({ mapping, target }: TestInput, { name, description }: FailoverMember): readonly CheckResult[] {
  return description.volumes.flatMap(({ volume_type }) => {
    const typeName = mapping.find("volume_type", volume_type);
    if (typeName === undefined) {
      const fitting = [...target.volumeTypes.values()].filter((type) => !replicates(type)).map((type) => type.name);
      const reason = `Volume type ${volume_type} is not mapped to a type for tests at ${target.siteName}; types there that do not replicate: ${fitting.join(", ") || "none"}.`;
      return [finding("mapping.test_volume_type_unmapped", name, reason)];
    }
    const type = target.volumeTypes.get(typeName);
    if (!type || !replicates(type)) return [];
    const reason = `Volume type ${typeName} at ${target.siteName} replicates (replication_enabled): the test's volumes would be sent to the other site.`;
    return [finding("test.type_replicates", name, reason)];
  });
}

function replicates({ extraSpecs }: { readonly extraSpecs: Readonly<Record<string, string>> }): boolean {
  return /true/i.test(extraSpecs.replication_enabled ?? "");
}

/** A network that a test is mapped to must be none of production, and hold the subnets that it is used with. */
function checkIsolation(input: TestInput): readonly CheckResult[] {
  const { members, target, copied, productionNetworkIds } = input;
  return members.flatMap((member) =>
    member.description.ports.flatMap((port) => {
      const { networkId = "", fixedIps } = portWiring(input, member, port);
      if (copied.has(networkId)) return [];
      if (productionNetworkIds.has(networkId)) {
        const reason = `Network ${networkId} at ${target.siteName} is mapped for tests and is one that recoveries use.`;
        return [finding("test.network_not_isolated", member.name, reason)];
      }
      return fixedIps.flatMap(({ subnetId = "" }, index) => {
        const subnet = target.subnets.get(subnetId);
        if (!subnet || subnet.networkId === networkId) return [];
        const reason = `Subnet ${port.fixed_ips[index]?.subnet_id ?? subnetId} is mapped for tests to ${subnet.id}, which is not of network ${networkId}.`;
        return [finding("mapping.subnet_unmapped", member.name, reason)];
      });
    }),
  );
}

function checkNetworkQuota({ copied, target, networkQuota }: TestInput): readonly CheckResult[] {
  const subnets = [...target.subnets.values()].filter((subnet) => copied.has(subnet.networkId)).length;
  const rows = [
    ["networks", copied.size, networkQuota.networks],
    ["subnets", subnets, networkQuota.subnets],
  ] as const;
  return rows.flatMap(([what, wanted, { limit, used }]) => {
    if (limit < 0 || used + wanted <= limit) return [];
    const reason = `The test needs ${wanted} ${what} for isolated copies; project ${target.projectId} has ${Math.max(0, limit - used)} left of ${limit}.`;
    return [finding("quota.exceeded", target.siteName, reason)];
  });
}

/** What a test does not show. */
function warnMember({ name, description, keepsUserData }: FailoverMember): readonly CheckResult[] {
  const found: CheckResult[] = [];
  const warn = (check: string, reason: string, remedy: string | null) =>
    found.push({ check, result: "warning", subject: name, reason, remedy });
  if (keepsUserData && description.user_data) {
    const reason = "Its user data runs again in the test, as it would in a recovery.";
    warn("member.user_data", reason, "protector member set --user-data drop");
  }
  return found;
}
