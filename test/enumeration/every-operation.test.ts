import { beforeAll, describe, expect, test } from "vitest";
import { type CalmRun, describePoint, runCalm } from "../world/calm-run.ts";
import { finalState } from "../world/final-state.ts";
import { cutOffAt, cutOffAtCall, type Task } from "../world/interrupted-run.ts";
import { ALL_CALLS_IN_MS, letRest } from "../world/late-effects.ts";
import { kindOfCall, sampleOf, struckCalls, struckPoints } from "../world/struck-points.ts";
import { DECISIONS, SUBJECTS, type Subject } from "../world/subjects.ts";
import { changesSomething, endWorld } from "../world/test-run.ts";
import { letBothSitesRest, running } from "../world/unplanned-run.ts";

/*
 * What must not matter to any operation: that its engine dies or sleeps, that a call fails once, loses its answer or takes
 * effect late. Failovers, tests, reprotections and failbacks have enumerations of their own, and runs of many groups theirs in
 * test/world; here is everything else. `npm test` strikes two points of each kind of blow; `npm run test:every-point` all.
 */

const TIMEOUT = { timeout: 3_600_000 };
const SAMPLED = 2;
const LONGEST_MS = 3_600_000;

/** Something that happens to an operation, at one point. */
interface Blow {
  readonly label: string;
  /** Orders the operation, strikes, and answers what it came to. */
  strike(subject: Subject): Promise<string>;
}

const BLOWS: Readonly<Record<string, (calm: CalmRun) => readonly Blow[]>> = {
  "its engine is killed at any journal write": (calm) =>
    struckPoints(calm).map((point) => ({
      label: `killed ${describePoint(point, calm)}`,
      strike: async (subject) => {
        const { operationId } = await cutOffAt(subject.writing, point, (line) => line.kill(), taskOf(subject));
        return settle(subject, operationId, "engine-2");
      },
    })),
  "its engine sleeps beyond its lease at any journal write, and wakes": (calm) =>
    struckPoints(calm).map((point) => ({
      label: `asleep ${describePoint(point, calm)}`,
      strike: async (subject) => {
        const { writing } = subject;
        const cut = await cutOffAt(writing, point, (line) => line.pause(), taskOf(subject));
        const status = await settle(subject, cut.operationId, "engine-2");
        cut.lifeline.wake();
        await writing.sites.clock.run(cut.first.idle());
        return status;
      },
    })),
  "any outside call fails once": (calm) =>
    struckCalls(calm).map(([index, call]) => ({
      label: `refused call ${index}: ${kindOfCall(call)}`,
      strike: (subject) => strikeCall(subject, index, { kind: "refuse", status: 503, body: "busy" }),
    })),
  "any outside call takes effect and loses its answer": (calm) =>
    struckCalls(calm).map(([index, call]) => ({
      label: `unanswered call ${index}: ${kindOfCall(call)}`,
      strike: (subject) => strikeCall(subject, index, { kind: "lost_answer" }),
    })),
  "any change takes effect after its engine has died and another has taken over": (calm) =>
    struckCalls(calm, { where: changesSomething }).map(([index, call]) => ({
      label: `late call ${index}: ${kindOfCall(call)}`,
      strike: async (subject) => {
        const fault = { kind: "late", delayMs: 50_000 } as const;
        subject.writing.sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault });
        const { operationId } = await cutOffAtCall(subject.writing, index, (line) => line.kill(), taskOf(subject));
        return settle(subject, operationId, "engine-2");
      },
    })),
};

function taskOf(subject: Subject): Task {
  return { site: subject.site === subject.writing.sites.a ? "a" : "b", order: () => subject.order() };
}

async function strikeCall(subject: Subject, index: number, fault: Parameters<Inject>[0]["fault"]): Promise<string> {
  const operationId = await subject.order();
  subject.writing.sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault });
  return settle(subject, operationId, "engine-1");
}
type Inject = Subject["writing"]["sites"]["world"]["conditions"]["inject"];

function settle({ writing: { sites }, site }: Subject, id: string, host: string): Promise<string> {
  return sites.settle(site, id, sites.engine(site, { host }), LONGEST_MS);
}

/** What every run must end in, whatever happened on the way. */
async function outcomeOf({ writing, site, isAlone }: Subject, status: string) {
  const { sites, group } = writing;
  await sites.clock.advance(ALL_CALLS_IN_MS);
  await (isAlone ? letRest(sites, site) : letBothSitesRest(writing));
  sites.stop();
  return {
    status,
    running: [running(writing, "site-a"), running(writing, "site-b")],
    problems: sites.world.problems,
    state: await finalState(sites, group),
  };
}

describe.each(Object.entries({ ...SUBJECTS, ...DECISIONS }))("%s ends the same when", (name, begin) => {
  let calm: CalmRun;
  let expected: Awaited<ReturnType<typeof outcomeOf>>;

  beforeAll(async () => {
    const subject = await begin();
    const { sites } = subject.writing;
    calm = await runCalm(sites, await subject.order(), { site: subject.site });
    expected = await outcomeOf(subject, calm.status);
    expect(expected).toMatchObject({ status: /^rollback/.test(name) ? "rolled_back" : "completed", problems: [] });
    await endWorld(subject.writing);
  });

  test.each(Object.entries(BLOWS))("%s", TIMEOUT, async (kind, blowsOn) => {
    const turn = Object.keys(BLOWS).indexOf(kind) + Object.keys(SUBJECTS).indexOf(name);
    for (const { label, strike } of sampleOf(blowsOn(calm), SAMPLED, turn)) {
      const subject = await begin();
      const status = await strike(subject);
      expect({ label, ...(await outcomeOf(subject, status)) }).toEqual({ label, ...expected });
      await endWorld(subject.writing);
    }
  });
});
