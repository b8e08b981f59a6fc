import type { OperationPlan, PlannedStep } from "../runner/plan.ts";
import type { CreateServerInput } from "../steps/create-server.ts";
import type { CopiedSubnet, EnsureIsolatedPortInput, IsolateNetworkInput } from "../steps/isolated-networks.ts";
import type { EnsurePortInput } from "../steps/ports.ts";
import type { DescribeVolumeInput, RecoverVolumeInput } from "../steps/volumes.ts";
import { poolsWithout } from "./address-pools.ts";
import { tiersOf } from "./failover-phases.ts";
import { memberRecovery } from "./member-recovery.ts";
import { barrier, step } from "./planned-step.ts";
import { portWiring } from "./port-wiring.ts";
import { checkTest } from "./test-checks.ts";
import type { TestInput } from "./test-input.ts";
import { testPointName, testPointStep, writesNotShown } from "./test-point.ts";

/** Metadata of volumes by which a clean-up finds those of a test: holds the operation's id. */
export const TEST_VOLUME_KEY = "protector_test";

/**
 * The plan of a test failover (phases of the design, section 9). Pure. No step acts on the source: production, its
 * replication and its marker are not even asked. The one thing that it makes beside its copies is, of a group in a pod, a
 * point of its own.
 */
export function planTestFailover(input: TestInput): OperationPlan {
  const steps = [...checkPhase(input), ...preparePhase(input), ...recoverPhase(input), ...verifyPhase(input)];
  return {
    steps,
    ...checkTest(input),
    expectedDataLossSeconds: writesNotShown(input),
    recoveryPoint: testPointName(input),
  };
}

function checkPhase(input: TestInput): PlannedStep[] {
  return [
    testPointStep(input),
    barrier("checked", "The recovery point is complete", "check", "target", { dependsOn: ["point"] }),
  ];
}

function preparePhase(input: TestInput): PlannedStep[] {
  const networks = [...input.copied.keys()].map((id) => isolation(input, id));
  const prepared = input.members.flatMap((member) => memberRecovery(input, member).prepare);
  const steps = [...networks, ...prepared.map((each) => asTestStep(input, each))];
  return [
    ...steps,
    barrier("prepared", `Everything prepared at ${input.target.siteName}`, "prepare", "target", {
      dependsOn: steps.map((each) => each.key),
    }),
  ];
}

function isolation(input: TestInput, networkId: string): PlannedStep {
  const network = input.copied.get(networkId);
  const prefix = `protector-${input.operationId.replaceAll("-", "").slice(0, 12)}`;
  const subnets = [...input.target.subnets.values()].filter((subnet) => subnet.networkId === networkId);
  const isolate: IsolateNetworkInput = {
    name: `${prefix}-${network?.name ?? networkId}`.slice(0, 255),
    description: `Isolated copy of network ${networkId} for test ${input.operationId}`,
    mtu: network?.mtu ?? null,
    subnets: subnets.map((subnet): CopiedSubnet => {
      const allocationPools = poolsWithout(subnet.allocationPools, addressesIn(input, subnet.id));
      return {
        of: subnet.id,
        name: `${prefix}-${subnet.name}`.slice(0, 255),
        cidr: subnet.cidr,
        ipVersion: subnet.ipVersion,
        gatewayIp: subnet.gatewayIp,
        isDhcpEnabled: subnet.isDhcpEnabled && allocationPools.length > 0,
        allocationPools,
      };
    }),
  };
  return step(
    isolationKey(networkId),
    "ensure",
    "network.isolate",
    `Copy network ${network?.name ?? networkId} without a router`,
    "prepare",
    "target",
    { input: isolate, dependsOn: ["checked"], settings: { isUndoable: true } },
  );
}

function isolationKey(networkId: string): string {
  return `isolated.${networkId}`;
}

/** Addresses that members are to have in a subnet of the target. */
function addressesIn(input: TestInput, subnetId: string): readonly string[] {
  const wirings = input.members.flatMap((member) =>
    member.description.ports.map((port) => portWiring(input, member, port)),
  );
  const ips = wirings.flatMap(({ fixedIps }) => fixedIps.filter((ip) => ip.subnetId === subnetId));
  return ips.flatMap(({ address }) => address ?? []);
}

function recoverPhase(input: TestInput): PlannedStep[] {
  const steps: PlannedStep[] = [];
  let before: string | null = null;
  for (const tier of tiersOf(input.members)) {
    const members = input.members.filter((member) => member.tier === tier);
    for (const member of members) {
      steps.push(
        ...memberRecovery(input, member)
          .recover(before)
          .map((each) => asTestStep(input, each)),
      );
    }
    before = `started.${tier}`;
    steps.push(
      barrier(before, `Tier ${tier} is up`, "recover", "target", {
        after: members.map((member) => `gate.${member.id}`),
      }),
    );
  }
  return steps;
}

function verifyPhase(input: TestInput): PlannedStep[] {
  const after = input.members.map((member) => `verify.${member.id}`);
  return [barrier("verified", "All servers seen as planned", "verify", "target", { after })];
}

/** What a recovery's steps wait for that no test has, and what stands for it. */
const STANDS_FOR: Readonly<Record<string, string>> = { "schedule.off": "prepared", "final.verify": "point" };

/** A step of a recovery as a test takes it: from the chosen point, on copies, and with a way back to the end. */
function asTestStep(input: TestInput, planned: PlannedStep): PlannedStep {
  const dependsOn = [...new Set(planned.dependsOn.map((key) => STANDS_FOR[key] ?? key))];
  const settings = { ...planned.settings, isPointOfNoReturn: false };
  return { ...planned, dependsOn, settings, ...actionOf(input, { ...planned, dependsOn }) };
}

function actionOf(input: TestInput, planned: PlannedStep): Partial<PlannedStep> {
  switch (planned.action) {
    case "port.ensure":
      return portOnCopy(input, planned);
    case "volume.recover":
      return { input: { ...(planned.input as RecoverVolumeInput), pointStep: "point" } };
    case "volume.describe":
      return { input: ofTest(input, planned.input as DescribeVolumeInput) };
    case "server.create":
      return { input: asTestServer(input, planned) };
    case "server.verify":
      return { input: { ...(planned.input as object), stopStep: "point" } };
    default:
      return {};
  }
}

function portOnCopy(input: TestInput, planned: PlannedStep): Partial<PlannedStep> {
  const { networkId } = (planned.input as EnsurePortInput).request;
  if (!input.copied.has(networkId)) return {};
  const networkStep = isolationKey(networkId);
  const onCopy: EnsureIsolatedPortInput = { ...(planned.input as EnsurePortInput), networkStep };
  return { action: "port.ensure_isolated", input: onCopy, dependsOn: [...planned.dependsOn, networkStep] };
}

function ofTest({ operationId }: TestInput, volume: DescribeVolumeInput): DescribeVolumeInput {
  return { ...volume, metadata: { ...volume.metadata, [TEST_VOLUME_KEY]: operationId } };
}

/** Configured by a drive, since an isolated network reaches no metadata service; named apart, called the same inside. */
function asTestServer({ hostnames, operationId }: TestInput, planned: PlannedStep): CreateServerInput {
  const created = planned.input as CreateServerInput;
  const hostname = hostnames.get(planned.memberId ?? "");
  return {
    ...created,
    request: {
      ...created.request,
      configDrive: true,
      ...(hostname ? { hostname } : {}),
      metadata: { ...created.request.metadata, [TEST_VOLUME_KEY]: operationId },
    },
    volumes: created.volumes.map((volume) => ({ ...volume, deleteOnTermination: false })),
  };
}
