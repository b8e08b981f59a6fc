import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VirtualClock } from "@protector/ports";
import { describe, expect, it } from "vitest";
import { openSqlite } from "../packages/server/src/db/open-sqlite.ts";
import { EngineMetrics } from "../packages/server/src/main/engine-metrics.ts";
import { registerGroupMetrics } from "../packages/server/src/main/group-metrics.ts";
import { findProgram } from "./services/binaries.ts";

const FOLDER = join(import.meta.dirname, "../deploy/prometheus");
const promtool = findProgram("promtool");

describe("the alerts that are shipped", () => {
  it("ask for nothing but metrics that an engine has", async () => {
    const clock = new VirtualClock(0);
    const { registry } = new EngineMetrics(clock);
    registerGroupMetrics(registry, { connection: openSqlite({ path: ":memory:", clock }), clock });
    const known = (await registry.getMetricsAsJSON()).map(({ name }) => name);
    const asked = readFileSync(join(FOLDER, "protector-alerts.yaml"), "utf8").match(/\bprotector_\w+/g);
    expect([...new Set(asked)].filter((name) => !known.includes(name))).toEqual([]);
  });

  it.skipIf(!promtool)("fire when they should, and not before (promtool; Debian: apt-get install prometheus)", () => {
    const run = (...line: string[]) => execFileSync(promtool ?? "", line, { cwd: FOLDER, encoding: "utf8" });
    expect(run("check", "rules", "protector-alerts.yaml")).toContain("9 rules found");
    expect(run("test", "rules", "protector-alerts.test.yaml")).toContain("SUCCESS");
  });
});
