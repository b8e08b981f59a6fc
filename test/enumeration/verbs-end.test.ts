import { OPERATION_VERBS, type OperationType, type OperationVerb, verbsFor } from "@protector/contract";
import { afterEach, describe, expect, test } from "vitest";
import { requestVerb } from "../../packages/server/src/db/repositories/operation-requests.ts";
import type { WritingGroup } from "../world/failover-run.ts";
import { letRest } from "../world/late-effects.ts";
import { SUBJECTS, type Subject } from "../world/subjects.ts";
import { endWorld, operationRow } from "../world/test-run.ts";
import { letBothSitesRest } from "../world/unplanned-run.ts";

/*
 * What the engine makes of a verb, in the states in which people ask for it. Failovers, tests, reprotections and failbacks
 * have enumerations of their own, and runs of many groups theirs in test/world; here is everything else. `npm test` strikes
 * three of the cases of each type, another three for each; `npm run test:every-point` all.
 */

const LONGEST_MS = 3_600_000;
const SAMPLED = 3;

/** How an operation comes into the state in which it is asked for something. */
const STATES = {
  /** No engine has looked at it. */
  pending: ["cancel", "abandon"],
  /** A step has just been done. */
  running: ["cancel", "abandon"],
  /** Nothing answers any more. */
  waiting: ["cancel", "resume", "rollback", "abandon"],
  /** A step was refused for good. */
  failed: ["resume", "retry", "rollback", "abandon"],
  /** It is being taken back, and nothing answers any more. */
  rolling_back: ["abandon"],
} as const satisfies Readonly<Record<string, readonly OperationVerb[]>>;
type State = keyof typeof STATES;

const CASES = Object.entries(STATES).flatMap(([state, verbs]) => verbs.map((verb) => [state as State, verb] as const));

/** Where an asked operation may end. */
const ENDS: Readonly<Record<OperationVerb, readonly string[]>> = {
  cancel: ["cancelled"],
  resume: ["completed"],
  retry: ["completed"],
  rollback: ["rolled_back"],
  abandon: ["cancelled"],
  skip: [],
  commit: [],
};

function chosen(type: OperationType): typeof CASES {
  if (process.env.PROTECTOR_TEST_POINTS === "all") return CASES;
  const first = Object.keys(SUBJECTS).indexOf(type) * SAMPLED;
  return Array.from({ length: SAMPLED }, (_, index) => CASES[(first + index * 5) % CASES.length]).filter(
    (each) => each !== undefined,
  );
}

async function settle({ writing: { sites }, site }: Subject, id: string, host: string): Promise<string> {
  const engine = sites.engine(site, { host });
  const status = await sites.settle(site, id, engine, LONGEST_MS);
  await sites.clock.run(engine.stop());
  return status;
}

async function completes(subject: Subject, id: string): Promise<void> {
  const status = await settle(subject, id, "engine-3");
  const { error, status_reason: reason } = await operationRow(subject.writing, id, subject.site);
  expect({ status, error, reason }).toEqual({ status: "completed", error: null, reason: null });
}

/** So many steps are done when something happens; 0 = the first is about to be. */
function depthOf(type: OperationType): number {
  if (type === "snapshot_delete") return 0;
  return type === "test_cleanup" ? 1 : 2;
}

/** Calls `happen` once, when the operation is so far. */
function whenSoFar(type: OperationType, happen: () => unknown) {
  let done = 0;
  let isOver = false;
  const afterCommit = async (_id: string, labels: readonly string[]) => {
    const steps = labels.filter((label) => label.startsWith("step "));
    done += steps.filter((label) => / completed/.test(label)).length;
    if (isOver || steps.length === 0 || done < depthOf(type)) return;
    isOver = true;
    await happen();
  };
  return { observer: { afterCommit } };
}

const CHANGES = /^(?!.*(\/auth\/tokens|\/login|\/logout)$)/;

/** What an operation came to, and what it was asked: past the point of no return it only goes on. */
interface Answer {
  readonly status: string;
  readonly asked: OperationVerb;
}

/** Asks in the state; answers what the operation came to when everything works again. */
async function askIn(subject: Subject, type: OperationType, [state, verb]: (typeof CASES)[number]): Promise<Answer> {
  const { writing, site } = subject;
  const { sites } = writing;
  const id = await subject.order();
  const ends: (() => void)[] = [];
  const ask = (wanted: OperationVerb) =>
    requestVerb(site.connection, {
      operationId: id,
      projectId: site.projectId,
      verb: wanted,
      userId: site.tenant.user.id,
      reason: "nobody can wait for it any longer",
    });
  const finish = async ({ status, asked }: Answer): Promise<Answer> => {
    if (status !== "paused") return { status, asked };
    await ask("resume");
    return { status: await settle(subject, id, "engine-2"), asked: "resume" };
  };
  const cutOff = () => ends.push(sites.world.conditions.inject({ service: "*", fault: { kind: "unreachable" } }));
  const refuse = () => {
    const fault = { kind: "refuse", status: 400, body: { badRequest: { message: "struck" } } } as const;
    for (const method of ["POST", "PUT", "PATCH", "DELETE"])
      ends.push(sites.world.conditions.inject({ service: "*", method, path: CHANGES, fault }));
  };
  const stop = {
    pending: undefined,
    running: () => ask(verb),
    waiting: cutOff,
    failed: refuse,
    rolling_back: async () => {
      cutOff();
      await ask("cancel");
    },
  }[state];
  if (stop) {
    const engine = sites.engine(site, whenSoFar(type, stop));
    const came = await sites.settle(site, id, engine, 300_000);
    await sites.clock.run(engine.stop());
    if (state === "running") return finish({ status: await settle(subject, id, "engine-2"), asked: verb });
    // What has nothing to take back, or can no longer be taken back, is not being taken back.
    const wanted = {
      waiting: /waiting/,
      failed: /failed|completed_with_errors/,
      rolling_back: /rolling_back|cancelling|paused|cancelled/,
    };
    expect(came).toMatch(wanted[state as keyof typeof wanted]);
    if (came === "cancelled") {
      for (const end of ends) end();
      return { status: came, asked: verb };
    }
  }
  const row = await operationRow(writing, id, site);
  const helpful = verbsFor({ ...row, isPastNoReturn: row.is_past_no_return === 1, isDryRun: false });
  const asked = [verb, "resume" as const].find((each) => helpful.includes(each)) ?? "retry";
  const isForward = asked === "resume" || asked === "retry";
  if (isForward) for (const end of ends) end();
  await ask(asked);
  if (!isForward) for (const end of ends) end();
  const status = await settle(subject, id, "engine-2");
  return finish({ status, asked });
}

let open: WritingGroup | undefined;
afterEach(async () => {
  if (open) await endWorld(open);
  open = undefined;
});

test("every verb but those of servers that come up is asked in every state that it is for", () => {
  expect(OPERATION_VERBS.filter((verb) => !CASES.some(([, each]) => each === verb))).toEqual(["skip", "commit"]);
});

describe.each(Object.entries(SUBJECTS))("%s", (type, begin) => {
  test.each(chosen(type as OperationType).map(([state, verb]) => ({ state, verb })))(
    "$state: $verb ends it, frees the group, and it can go on",
    { timeout: 120_000 },
    async ({ state, verb }) => {
      const subject = await begin();
      const { writing, site } = subject;
      const { sites } = writing;
      open = writing;
      const { status, asked } = await askIn(subject, type as OperationType, [state, verb]);
      expect(ENDS[asked]).toContain(status);
      await (subject.isAlone ? letRest(sites, site) : letBothSitesRest(writing));
      const group = await site.connection.db
        .selectFrom("protection_groups")
        .select(["current_operation_id", "deleted_at"])
        .where("id", "=", writing.group.id)
        .executeTakeFirst();
      expect(group?.current_operation_id ?? null).toBeNull();
      const volumes = sites.world.describe().arrays.flatMap((array) => array.volumes);
      const names = volumes.filter(({ isDestroyed }) => !isDestroyed).map(({ name }) => name);
      expect(names.filter((name) => /^protector-[0-9a-f]{12}-e\d+-(?!idle)/.test(name))).toEqual([]);
      if (status !== "completed") await completes(subject, await subject.order());
      expect(sites.world.problems).toEqual([]);
    },
  );
});
