import type { Operation, OperationReport } from "@protector/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { verifyReport } from "../../packages/cli/src/reports/verify-report.ts";
import { reportPage } from "../../packages/server/src/domain/reports/page/report-page.ts";
import { protectShop } from "./shop.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
});
afterEach(() => here.stop());

/** A test of a group that has been cleaned up, and its report as files. */
async function reportedTest() {
  await protectShop(here, { members: ["db-01", "web-01"], testType: "plain" });
  await here.must("policy update shop --rto-minutes 30 --wait");
  const test = await here.read<Operation>("test-failover shop --yes --wait");
  await here.must("test-cleanup shop --wait");
  await here.must(`operation report ${test.id} --output report.json`);
  await here.must(`operation report ${test.id} --output report.html`);
  const textOf = (name: string) => here.files.get(name) ?? "";
  const report: OperationReport = JSON.parse(textOf("report.json"));
  return { test, report, json: textOf("report.json"), page: textOf("report.html") };
}

const verdict = async (file: string) => {
  const { code, stdout } = await here.run(`report verify ${file} -f json`);
  return { code, ...JSON.parse(stdout) };
};

it("tells of a test what was asked, how long it took, what came up and that nothing is left, and proves it", async () => {
  const { test, report, page } = await reportedTest();
  const { content } = report;
  expect(content.outcome.sentence).toBe('The recovery test of "shop" completed: 2 of 2 servers came up.');
  expect(content.requests).toMatchObject([
    { action: "protection_groups.test_failover", user_id: test.user_id, request_id: test.request_id },
  ]);
  expect(content.rpo).toEqual({ target_seconds: 1800, actual_seconds: test.data_loss_seconds, is_met: true });
  expect(content.rto).toEqual({ target_seconds: 1800, actual_seconds: test.downtime_seconds, is_met: true });
  expect(content.recovery_point?.name).toBe(test.recovery_point);
  expect(content.servers.map(({ name, status }) => [name, status])).toEqual([
    ["db-01", "tested"],
    ["web-01", "tested"],
  ]);
  expect(content.cleanup).toMatchObject({ status: "completed", is_empty: true, leftovers: [] });
  expect(content.steps.every(({ status, started_at }) => status === "completed" && started_at !== null)).toBe(true);
  expect(content.plan_digest).toBe(test.plan?.digest);
  expect(await verdict("report.json")).toMatchObject({ code: 0, isGenuine: true, changed: [], operationId: test.id });
  expect(await verdict("report.html")).toMatchObject({ code: 0, isGenuine: true });
  expect(page).not.toMatch(/<script|src=|href=/);
});

it("is found out when any byte of it was changed, and by its part when the signature itself is whole", async () => {
  const { report, json, page } = await reportedTest();
  const key = (await here.read<{ id: string; signing_public_key: string }[]>("site list")).find(
    ({ id }) => id === report.signed_by.id,
  )?.signing_public_key;
  const isGenuine = async (text: string) => {
    const seen = await verifyReport(text, async () => key).catch(() => ({ isGenuine: false }));
    return seen.isGenuine;
  };
  for (const whole of [json, page]) {
    expect(await isGenuine(whole)).toBe(true);
    // Every 13th byte: a stride that meets every part, key, value, digest and the signature.
    for (let at = 0; at < whole.length; at += 13) {
      const byte = whole.charCodeAt(at);
      const changed = whole.slice(0, at) + String.fromCharCode(byte ^ 1) + whole.slice(at + 1);
      expect({ at, isGenuine: await isGenuine(changed) }).toEqual({ at, isGenuine: false });
    }
    const [first = "", ...others] = whole.split("\n");
    expect(await isGenuine([first, ...others, "<p>more</p>"].join("\n"))).toBe(false);
  }
  const late = { ...report, content: { ...report.content, servers: [], note: "all fine" } };
  here.files.set("late.json", JSON.stringify(late));
  expect(await verdict("late.json")).toMatchObject({ code: 1, isGenuine: false, changed: ["servers", "note"] });
  here.files.set("twice.json", json.replace('"format": 1', '"format": 1, "format": 1'));
  expect(await here.run("report verify twice.json")).toMatchObject({ code: 2 });
  const other = await here.run(`report verify report.json --key ${Buffer.alloc(32, 7).toString("base64")}`);
  expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining("not the signer's") });
});

it("shows names of servers as texts, whatever they hold, and says what a PDF needs", async () => {
  const { report, test } = await reportedTest();
  const [server] = report.content.servers;
  if (!server) throw new Error("no server");
  const evil = { ...server, name: `<img src=x onerror=alert(1)>"'&` };
  const page = reportPage({ ...report, content: { ...report.content, servers: [evil] } });
  expect(page).not.toContain("<img");
  expect(page).toContain("&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;");
  const refused = await here.run(`operation report ${test.id} --output report.pdf`);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("apt install chromium") });
  const printed: string[] = [];
  const printPage = async (_page: string, path: string) => void printed.push(path);
  expect(await here.run(`operation report ${test.id} --output report.pdf`, { printPage })).toMatchObject({ code: 0 });
  expect(printed).toEqual(["report.pdf"]);
});
