import { expect, it } from "vitest";
import type { JournaledStep } from "./operation-store.ts";
import { StepGraph } from "./step-graph.ts";

function step(key: string, status: JournaledStep["status"], after: readonly string[] = []): JournaledStep {
  return { key, status, after, dependsOn: [] } as unknown as JournaledStep;
}

const keys = (steps: readonly JournaledStep[]) => steps.map(({ key }) => key);

it("what comes after a barrier that was passed waits for a step before it that runs again", () => {
  const [first, second] = [step("server.db", "pending"), step("server.web", "pending", ["tier.0"])];
  const graph = new StepGraph([first, step("tier.0", "completed", ["server.db"]), second], new Map());
  expect(keys(graph.startable())).toEqual(["server.db"]);
  first.status = "completed";
  expect(keys(graph.ended(first))).toEqual(["server.web"]);
});

it("the same through several that had ended, each of which is waited for", () => {
  const [port, volume] = [step("port", "pending"), step("volume", "pending")];
  const network = step("network", "pending", ["removed.2", "volume"]);
  const between = [step("removed.1", "completed", ["port"]), step("clone", "completed", ["removed.1"])];
  const graph = new StepGraph(
    [port, ...between, step("removed.2", "completed", ["clone"]), volume, network],
    new Map(),
  );
  volume.status = "failed";
  expect(keys(graph.ended(volume))).toEqual([]);
  port.status = "completed";
  expect(keys(graph.ended(port))).toEqual(["network"]);
});

it("a step that ends while one before it was put back lets nothing go until that one has ended", () => {
  const [cut, wait] = [step("cut", "completed"), step("wait", "running", ["cut"])];
  const graph = new StepGraph([cut, wait, step("switch", "pending", ["wait"])], new Map());
  cut.status = "pending";
  graph.recount();
  wait.status = "completed";
  expect(keys(graph.ended(wait))).toEqual([]);
  cut.status = "completed";
  expect(keys(graph.ended(cut))).toEqual(["switch"]);
});
