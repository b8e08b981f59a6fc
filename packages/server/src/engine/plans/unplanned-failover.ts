import type { CheckResult } from "@protector/contract";
import type { Marker, RecoveryPoint } from "@protector/storage";
import { isOfLaterPair } from "../../domain/epochs.ts";
import type { StandingTest } from "../../domain/standing-tests.ts";
import type { OperationPlan, PlannedStep } from "../runner/plan.ts";
import type { FenceSourceInput, ServerToFence, StopSourceInput } from "../steps/fence-source.ts";
import type { LookAtSourceInput } from "../steps/look-at-source.ts";
import type { YieldSourceInput } from "../steps/yield-source.ts";
import { clearedKeys, clearingSteps, tellLeftBehind } from "./clear-left-behind.ts";
import type { WaitingHome } from "./failback-input.ts";
import { notHeld } from "./failover-checks.ts";
import type { FailoverInput } from "./failover-input.ts";
import { groupInCinder, tiersOf, volumeStepsOf } from "./failover-phases.ts";
import { distinct, finding } from "./findings.ts";
import { homewardBlockers, homewardWarnings, leavePodGroup, recoveryOf, roomOf, shortages } from "./homeward.ts";
import { tellNics } from "./nic-checks.ts";
import { barrier, step } from "./planned-step.ts";
import { type PromotedTest, tellPromoted } from "./promoted-test.ts";
import { unseenGate } from "./readiness-gates.ts";
import { tellAddresses } from "./renumbered-addresses.ts";
import { endReplication } from "./replication-type.ts";
import { roomNeeds } from "./room-needs.ts";
import { stayedSteps } from "./stayed-members.ts";
import { testRemovals } from "./test-cleanup.ts";
import { expectedLoss, pointBlockers, pointName, pointSteps, pointWarnings } from "./unplanned-point.ts";

/** Everything that an unplanned failover is planned from. */
export interface UnplannedInput extends FailoverInput {
  readonly point: RecoveryPoint | undefined;
  readonly pointProblem: string | undefined;
  readonly ownMarker: Marker | undefined;
  /** A person, or a promoted test, has said which. */
  readonly isPointAsked: boolean;
  /** What of the site that is left has answered: the best of it fences. */
  readonly answers: SourceAnswers;
  /** Why it is safe to go on when something cannot be fenced, as a person has said. */
  readonly reason: string | undefined;
  /** The test whose point is taken. */
  readonly promoted: PromotedTest | undefined;
  /** The group comes back to its home: what waits there is used again. Undefined on the way to the other site. */
  readonly waiting: WaitingHome | undefined;
  /** Tests of the group that stand at the target: where they take room or addresses, they go first. */
  readonly tests: readonly StandingTest[];
  /** A test that gave way is still being taken back. */
  readonly isTestLeaving: boolean;
  /** ms since the UNIX epoch. */
  readonly now: number;
}

/** Whether the two means of fencing answered when the plan was made. */
export interface SourceAnswers {
  readonly nova: boolean;
  readonly array: boolean;
}

/**
 * The plan of an unplanned failover (phases of the design, section 9). Pure. Nothing of it waits for the site that is left,
 * but for the fence, which has a minute.
 */
export function planUnplannedFailover(input: UnplannedInput): OperationPlan {
  const steps = [
    ...checkPhase(input),
    ...preparePhase(input),
    ...fencePhase(input),
    ...switchPhase(input),
    ...recoverPhase(input),
    ...finishPhase(input),
  ];
  return {
    steps,
    blockers: blockersOf(input),
    warnings: warningsOf(input),
    expectedDataLossSeconds: expectedLoss(input),
    recoveryPoint: pointName(input),
  };
}

function blockersOf(input: UnplannedInput): readonly CheckResult[] {
  const { group, members, target, ownMarker } = input;
  const found = [...fenceBlocker(input), ...homewardBlockers(withoutTestPorts(input)), ...roomBlockers(input)];
  found.push(...pointBlockers(input), ...givenUpBlocker(input));
  if (!ownMarker) {
    found.push(
      finding("marker.missing", target.siteName, `The group's marker is missing on the array at ${target.siteName}.`),
    );
  }
  if (members.length === 0) {
    found.push(finding("protection_group.wrong_status", group.name, "The group has no members to fail over."));
  }
  if (target.cinderHostProblem) found.push(finding("site.not_validated", target.siteName, target.cinderHostProblem));
  if (target.trustProblem) found.push(finding("trust.unusable", target.siteName, target.trustProblem));
  return distinct(found);
}

/** Markers say it before the watch has: the group has another pair of sites by now. */
function givenUpBlocker({ epochs, ownMarker, source, group }: UnplannedInput): CheckResult[] {
  const later = [source.marker, ownMarker].find((marker) => marker && isOfLaterPair(marker.epoch, epochs.current));
  if (!later) return [];
  const text = `${source.siteName} has given this site up as the second site of ${group.name} and replaced it (epoch ${later.epoch}).`;
  return [finding("protection_group.given_up", source.siteName, text)];
}

/** Room that a test takes is no reason to refuse: the test goes. */
function roomBlockers(input: UnplannedInput): readonly CheckResult[] {
  return testsInTheWay(input).length > 0 || input.isTestLeaving ? [] : shortages(input);
}

/** Tests that have to go before the servers have room. */
export function testsInTheWay(input: UnplannedInput): readonly StandingTest[] {
  const standing = input.tests.filter(({ objects }) => objects.length > 0);
  const areInTheWay = standing.length > 0 && (shortages(input).length > 0 || doTestsHoldAddresses(input));
  return areInTheWay ? standing : [];
}

/** A test on a network of somebody's own that recoveries use by now. */
function doTestsHoldAddresses(input: UnplannedInput): boolean {
  return homewardBlockers(input).length > homewardBlockers(withoutTestPorts(input)).length;
}

function withoutTestPorts(input: UnplannedInput): UnplannedInput {
  const objects = input.tests.flatMap((test) => test.objects);
  const ids = new Set(objects.filter(({ kind }) => kind === "port").map(({ external_id }) => external_id));
  return { ...input, target: { ...input.target, ports: input.target.ports.filter(({ id }) => !ids.has(id)) } };
}

/** Whether a test that is being taken back holds the room that the servers need. */
export function mustLetTestLeave(input: UnplannedInput): boolean {
  return input.isTestLeaving && shortages(input).length > 0;
}

function fenceBlocker({ answers, reason, source }: UnplannedInput): CheckResult[] {
  if (answers.nova || answers.array || reason !== undefined) return [];
  const text = `Neither Nova nor the array of ${source.siteName} answers: nothing keeps its servers from writing, if they run.`;
  return [finding("fence.reason_required", source.siteName, text)];
}

/** How the source will be fenced, for the person who confirms it. */
function warningsOf(input: UnplannedInput): readonly CheckResult[] {
  const { source, target, answers, reason, group } = input;
  const warn = (check: string, text: string) => ({
    check,
    result: "warning" as const,
    subject: group.name,
    reason: text,
    remedy: null,
  });
  const { siteName } = source;
  const whyGoOn = reason === undefined ? "" : ` Going on all the same: ${reason}`;
  const fence = answers.nova
    ? `Nova of ${siteName} answers: its servers are locked and stopped before anything starts at ${target.siteName}. If they are in order, a planned failover loses no write.`
    : answers.array
      ? `Nova of ${siteName} does not answer, its array does: the servers are cut off from their volumes there, as if their disks were pulled, before anything starts at ${target.siteName}.`
      : `Nothing of ${siteName} answers: its servers may run on and write until it hears of the failover. What they write then is not at ${target.siteName}.${whyGoOn}`;
  const stops = `If a server at ${siteName} can be neither stopped nor cut off within 60 s after all, the failover stops before the switch and asks for a reason.`;
  return [
    ...tellPromoted(input),
    ...pointWarnings(input),
    warn("failover.fence", fence),
    ...(reason === undefined ? [warn("failover.fence_fails", stops)] : []),
    ...testsInTheWay(input).map(({ operation }) =>
      warn(
        "failover.test_goes",
        `Test ${operation.id} stands and takes room or addresses that the servers need: what it made is deleted first.`,
      ),
    ),
    ...tellLeftBehind(input),
    ...input.members.flatMap((member) => unseenGate(input, member)),
    ...tellNics(input),
    ...(input.waiting ? [] : input.members.flatMap((member) => tellAddresses(input, member))),
    ...homewardWarnings(input),
    notHeld(target.siteName),
  ];
}

function checkPhase(input: UnplannedInput): PlannedStep[] {
  const { target } = input;
  const { check } = pointSteps(input);
  const needs = roomNeeds({ ...input, flavors: target.flavors });
  // Owed when it cannot be done: the room itself is looked at before the source is touched.
  const removals = testRemovals(testsInTheWay(input).map(withoutPoint)).map((each) => ({
    ...each,
    settings: { ...each.settings, onFailure: "duty" as const },
  }));
  return [
    ...check,
    step("storage", "observe", "storage.survivor", "Ask the surviving array who it is", "check", "target"),
    ...removals,
    ...clearingSteps(input, needs, []),
    barrier("checked", `What ${target.siteName} recovers from is there`, "check", "target", {
      dependsOn: [...check.map(({ key }) => key), "storage"],
      after: [...removals.map(({ key }) => key), ...clearedKeys(input, needs)],
    }),
  ];
}

/** A point takes no room, and may be the one that is recovered from: it goes with the clean-up afterwards. */
function withoutPoint(test: StandingTest): StandingTest {
  return { ...test, objects: test.objects.filter(({ kind }) => kind !== "recovery_point") };
}

function preparePhase(input: UnplannedInput): PlannedStep[] {
  const prepared = input.members.flatMap((member) => recoveryOf(input, member).prepare);
  const title = `Everything prepared at ${input.target.siteName}`;
  return [
    ...prepared,
    barrier("prepared", title, "prepare", "target", { dependsOn: ["checked", ...prepared.map((each) => each.key)] }),
  ];
}

function serversToFence({ members }: UnplannedInput): readonly ServerToFence[] {
  return members.map(({ serverId, name, description }) => ({
    serverId,
    name,
    arrayVolumes: description.volumes.map((volume) => volume.array_volume),
    wasRunning: description.was_running,
    wasLocked: description.was_locked,
    lockedReason: description.locked_reason,
  }));
}

function fencePhase(input: UnplannedInput): PlannedStep[] {
  const { source, target } = input;
  const servers = serversToFence(input);
  const look: LookAtSourceInput = { serverIds: servers.map(({ serverId }) => serverId) };
  const fence: FenceSourceInput = { servers, lookStep: "look" };
  const { siteName } = source;
  return [
    step("room.check", "observe", "room.check", `See that ${target.siteName} still has room`, "fence", "target", {
      input: roomOf(input),
      dependsOn: ["prepared"],
    }),
    step("look", "observe", "source.look", `Look at the servers at ${siteName}`, "fence", "source", {
      input: look,
      dependsOn: ["checked"],
    }),
    step(
      "fence",
      "ensure",
      "source.fence",
      `Stop the servers at ${siteName}, or cut them off from their volumes`,
      "fence",
      "source",
      { input: fence, dependsOn: ["look", "room.check"], settings: { isUndoable: true, weight: 30 } },
    ),
  ];
}

function switchPhase(input: UnplannedInput): PlannedStep[] {
  const { group, epochs, source, target, replication } = input;
  const { next, back } = epochs;
  const surrender: YieldSourceInput = { epoch: next, back, arrayGroup: group.arrayGroup, settings: replication };
  const { afterFence } = pointSteps(input);
  return [
    ...afterFence,
    step("epoch.target", "fire", "marker.claim", `Make ${target.siteName} primary on its array`, "switch", "target", {
      input: { epoch: next, back },
      dependsOn: ["fence", ...afterFence.map(({ key }) => key)],
      settings: { isUndoable: true },
    }),
    barrier("schedule.off", `${target.siteName} is primary`, "switch", "target", { dependsOn: ["epoch.target"] }),
    step(
      "source.yield",
      "ensure",
      "source.yield",
      `Make ${target.siteName} primary on the array at ${source.siteName}`,
      "switch",
      "source",
      { input: surrender, dependsOn: ["epoch.target"], settings: { onFailure: "duty", isUndoable: true } },
    ),
  ];
}

function recoverPhase(input: UnplannedInput): PlannedStep[] {
  const steps: PlannedStep[] = [];
  let before: string | null = null;
  for (const tier of tiersOf(input.members)) {
    const members = input.members.filter((member) => member.tier === tier);
    for (const member of members) {
      steps.push(
        ...recoveryOf(input, member)
          .recover(before)
          .map((each) => sinceBegin(input, each)),
      );
    }
    before = `started.${tier}`;
    const after = members.map((member) => `gate.${member.id}`);
    steps.push(barrier(before, `Tier ${tier} is up`, "recover", "target", { after }));
  }
  return [...steps, ...(input.waiting ? stayedSteps({ ...input, stayed: input.waiting.stayed }) : [])];
}

/** The time that a recovery takes counts from the choice of the point: when the servers were lost, nobody has seen. */
function sinceBegin(input: UnplannedInput, planned: PlannedStep): PlannedStep {
  if (planned.action !== "server.verify") return planned;
  return { ...planned, input: { ...(planned.input as object), stopStep: pointSteps(input).begin } };
}

function finishPhase(input: UnplannedInput): PlannedStep[] {
  const { members, target, source, replication } = input;
  const end = endReplication(input, replication);
  const leftPodGroup = leavePodGroup(input);
  const stop: StopSourceInput = { servers: serversToFence(input), fenceStep: "fence" };
  return [
    barrier("verified", "All servers seen as planned", "verify", "target", {
      after: [
        ...members.map((member) => `verify.${member.id}`),
        ...(input.waiting ? members.map((member) => `capture.${member.id}`) : []),
        ...(input.waiting?.stayed ?? []).map(({ id }) => `back.${id}`),
      ],
    }),
    step(
      "source.stop",
      "ensure",
      "source.stop",
      `Lock and stop what was only cut off at ${source.siteName}`,
      "finish",
      "source",
      { input: stop, dependsOn: ["fence"], after: ["verified"], settings: { onFailure: "duty" } },
    ),
    end,
    ...leftPodGroup,
    groupInCinder(input, volumeStepsOf(members)),
    step(
      "marker.release.target",
      "ensure",
      "marker.release_here",
      `Give the group back at ${target.siteName}`,
      "finish",
      "target",
      {
        after: [
          "verified",
          "cinder_group",
          end.key,
          ...leftPodGroup.map(({ key }) => key),
          "source.yield",
          "source.stop",
        ],
        dependsOn: ["epoch.target"],
      },
    ),
  ];
}
