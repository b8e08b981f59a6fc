import type { Fault } from "@protector/simulator";
import { beforeAll, expect, test } from "vitest";
import { type CalmRun, describePoint, runCalm } from "../world/calm-run.ts";
import { changeAway, nicsAt, serverAt } from "../world/changed-away.ts";
import { followWrites, goAway, homeOutcome, orderFailback, protectBack } from "../world/failback-run.ts";
import { type Outcome, type WritingGroup, writingGroup } from "../world/failover-run.ts";
import { cutOffAt } from "../world/interrupted-run.ts";
import type { JournalPoint } from "../world/killable.ts";
import { struckCalls, struckPoints } from "../world/struck-points.ts";
import { endWorld } from "../world/test-run.ts";

/*
 * A server whose volumes grew, that was resized, plugged and rewired while it was away comes home: struck are the steps that
 * bring these changes home; what the rest of a failback survives is in going-home.test.ts. A world like this takes seconds to
 * set up: without PROTECTOR_TEST_POINTS=all every third kind of point is struck.
 */

const LONGEST_MS = 3_600_000;
const CHANGES = /step (grow|resize|plug|rewire)\./;

async function changedGroup(): Promise<WritingGroup> {
  const writing = await writingGroup(1);
  await goAway(writing);
  await changeAway(writing);
  await protectBack(writing);
  await writing.sites.clock.advance(5000);
  return writing;
}

/** What the server of home is like, without ids that differ between worlds. */
function atHome(writing: WritingGroup) {
  const { volumes } = writing.sites.world.cloud("site-a").volumes;
  const { flavor, vmState, disks } = serverAt(writing, "site-a", "db-01");
  return {
    flavor: flavor.name,
    vmState,
    sizes: disks.map(({ volumeId }) => volumes.get(volumeId)?.sizeGiB),
    addresses: nicsAt(writing, "site-a", "db-01").map(({ fixedIps }) => fixedIps.map(({ address }) => address)),
    groups: nicsAt(writing, "site-a", "db-01").map(({ securityGroupIds }) => securityGroupIds.length),
  };
}

type Result = Pick<Outcome, "status" | "lost" | "problems"> & { readonly server: ReturnType<typeof atHome> };

async function resultOf(writing: WritingGroup, status: string, written: ReturnType<typeof followWrites>) {
  const server = atHome(writing);
  const { lost, problems } = await homeOutcome(writing, status, written);
  return { status, lost, problems, server } satisfies Result;
}

let calm: { readonly run: CalmRun; readonly result: Result };

beforeAll(async () => {
  const writing = await changedGroup();
  const written = followWrites(writing);
  const run = await runCalm(writing.sites, await orderFailback(writing), { site: writing.sites.a });
  calm = { run, result: await resultOf(writing, run.status, written) };
  await endWorld(writing);
});

test("everything that was changed is as it was at the other site", () => {
  expect(calm.result).toEqual({
    status: "completed",
    lost: [],
    problems: [],
    server: {
      flavor: "m1.small",
      vmState: "active",
      sizes: [11, 23],
      addresses: [["10.20.0.31", "10.20.0.99"], ["10.10.0.77"]],
      groups: [2, 1],
    },
  });
});

test("an engine killed in a step that brings a change home is continued by another one", {
  timeout: 600_000,
}, async () => {
  const isChange = ({ commit }: JournalPoint) => CHANGES.test(calm.run.commits[commit] ?? "");
  const points = struckPoints(calm.run, { where: isChange, every: 3 });
  expect(points.length).toBeGreaterThan(2);
  for (const point of points) {
    const writing = await changedGroup();
    const { sites } = writing;
    const written = followWrites(writing);
    const task = { site: "a", order: orderFailback } as const;
    const { operationId } = await cutOffAt(writing, point, (lifeline) => lifeline.kill(), task);
    const second = sites.engine(sites.a, { host: "site-a-engine-2" });
    const status = await sites.settle(sites.a, operationId, second, LONGEST_MS);
    const label = `killed ${describePoint(point, calm.run)}`;
    expect({ label, ...(await resultOf(writing, status, written)) }).toEqual({ label, ...calm.result });
    await endWorld(writing);
  }
});

test.each([
  ["may fail once", { kind: "refuse", status: 503, body: "busy" }],
  ["may take effect and lose its answer", { kind: "lost_answer" }],
] satisfies [string, Fault][])(
  "every call that changes something at home %s",
  { timeout: 600_000 },
  async (_, fault) => {
    const first = calm.run.calls.findIndex(({ method, path }) => method === "PUT" && path.includes("/ports/"));
    const isChange = ({ method, path }: CalmRun["calls"][number], index: number) =>
      index >= first && method !== "GET" && /\/ports\/|os-interface|\/volumes\/[^/]+\/action/.test(path);
    const resizes = calm.run.calls.flatMap((call, index) =>
      index > first && call.method === "POST" && /\/servers\/[^/]+\/action/.test(call.path) ? [index] : [],
    );
    const calls = [...struckCalls(calm.run, { where: isChange }).map(([index]) => index), ...resizes.slice(1, 3)];
    expect(calls.length).toBeGreaterThan(3);
    for (const index of calls) {
      const writing = await changedGroup();
      const { sites } = writing;
      const written = followWrites(writing);
      const operationId = await orderFailback(writing);
      sites.world.conditions.inject({ service: "*", skip: index, times: 1, fault });
      const status = await sites.settle(sites.a, operationId, sites.engine(sites.a), LONGEST_MS);
      const { service, method, path } = calm.run.calls[index] ?? {};
      const label = `${fault.kind} at call ${index}: ${service} ${method} ${path}`;
      expect({ label, ...(await resultOf(writing, status, written)) }).toEqual({ label, ...calm.result });
      await endWorld(writing);
    }
  },
);
