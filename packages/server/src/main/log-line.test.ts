import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../config/index.ts";
import { formatLine } from "./log-line.ts";
import { openLog } from "./program-log.ts";

const TIME = "2026-03-01 12:00:00.123";
/** The line tells local time. */
const time = Date.parse(TIME.replace(" ", "T"));

test("a line tells time, process, level, program, request, message and facts", () => {
  const ids = { request_id: "req-1", global_request_id: "req-2", project_id: "p" };
  const record = { level: 40, time, pid: 7, name: "protector-api", ...ids, path: "/v1", why: "two words", msg: "Slow" };
  expect(formatLine(JSON.stringify(record))).toBe(
    `${TIME} 7 WARNING protector-api [req-2 req-1 - p] Slow path=/v1 why="two words"\n`,
  );
});

test("a stack follows indented, and a line without request has an empty context", () => {
  const record = {
    level: 50,
    time,
    pid: 7,
    name: "protector-engine",
    err: { stack: "Error: no\n    at x" },
    msg: "Broke",
  };
  expect(formatLine(JSON.stringify(record))).toBe(
    `${TIME} 7 ERROR protector-engine [-] Broke\n    Error: no\n        at x\n`,
  );
});

test.each([false, true])("secrets never reach the log file (use_json: %s)", (isJson) => {
  const directory = mkdtempSync(join(tmpdir(), "log-test-"));
  try {
    const read = () => `[DEFAULT]\nlog_dir = ${directory}\nuse_json = ${isJson}\n`;
    const { config } = loadConfig({ files: ["protector.conf"], env: {}, read });
    const log = openLog(config, "protector-api", { onStandardError: false });
    log.info({ password: "hidden1", site: { api_token: "hidden2" }, headers: { "x-auth-token": "hidden3" } }, "Seen");
    log.child({ component: "api" }).debug("Not shown without debug");
    const text = readFileSync(join(directory, "protector-api.log"), "utf8");
    expect(text).toContain("Seen");
    expect(text).not.toContain("hidden");
    expect(text).not.toContain("Not shown");
    expect(text.startsWith("{")).toBe(isJson);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
