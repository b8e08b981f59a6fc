import { expect, test } from "vitest";
import { expectedSeconds } from "./expected-duration.ts";
import { step } from "./planned-step.ts";

const STEPS = [
  step("cut", "ensure", "replication.cut", "Cut", "prepare", "source", { settings: { weight: 2 } }),
  step("wait", "observe", "replication.wait", "Wait", "prepare", "target", {
    dependsOn: ["cut"],
    settings: { weight: 20 },
  }),
  step("port", "ensure", "port.ensure", "Make a port", "prepare", "target", { settings: { weight: 3 } }),
];

test("a plan takes as long as its longest path at the usual times", () => {
  expect(expectedSeconds(STEPS)).toBe(22);
});

test("a measured time takes the place of the usual one", () => {
  expect(expectedSeconds(STEPS, new Map([["replication.wait", 1.5]]))).toBe(4);
});
