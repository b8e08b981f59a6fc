#!/usr/bin/env node
/*
 * Makes sandbox.svg: runs the sandbox in a tmux of its own and draws the screen as it stands at the end.
 * Needs tmux. Usage: npm run picture
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { screenToSvg } from "./screen-to-svg.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NAME = "protector-picture";
/** The last so many lines of the screen are drawn. */
const ROWS = 52;
const COLUMNS = 112;

function tmux(...args: readonly string[]): string {
  return execFileSync("tmux", ["-L", NAME, ...args], { cwd: ROOT, encoding: "utf8" });
}

const sandbox = `${process.execPath} packages/sandbox/bin/sandbox.ts --exit; tmux -L ${NAME} wait-for -S over; cat`;
tmux("-f", "/dev/null", "new-session", "-d", "-s", NAME, "-x", String(COLUMNS), "-y", String(ROWS), sandbox);
try {
  tmux("wait-for", "over");
  const screen = tmux("capture-pane", "-e", "-p", "-t", NAME);
  const file = new URL("sandbox.svg", import.meta.url);
  writeFileSync(file, screenToSvg(screen.trimEnd().split("\n"), COLUMNS, "A planned failover in the sandbox"));
} finally {
  tmux("kill-server");
}
