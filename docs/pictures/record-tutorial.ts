#!/usr/bin/env node
/*
 * Plays the tenant's guide as a new operator would: types its commands, as they stand in the page, in a real terminal in
 * front of the sandbox, and draws what is seen. A command that fails ends it. Needs tmux and bash. Usage: npm run tutorial
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startSandbox } from "../../test/openstackclient/running-sandbox.ts";
import { screenToSvg } from "./screen-to-svg.ts";
import { TmuxTerminal } from "./tmux-terminal.ts";
import { commandsOf } from "./tutorial-commands.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOCKET = "protector-tutorial";
const SIZE = { columns: 112, rows: 120 };
/** What a plan ends with before anything is done. */
const QUESTION = /type "?yes"?.*: *$|go on: *$/i;

const guide = readFileSync(join(ROOT, "docs/tenant-guide.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "protector-tutorial-"));
const codes = join(folder, "codes");
writeFileSync(codes, "");
const source = join(ROOT, "packages/cli/bin/protector.ts");
writeFileSync(join(folder, "protector"), `#!/bin/sh\nexec "${process.execPath}" "${source}" "$@"\n`, { mode: 0o755 });
const sandbox = await startSandbox(join(folder, "sandbox"));
// Nobody sees the second line; it tells that a command has ended, and how.
const start = `PS1='$ '\nPROMPT_COMMAND='echo $? >> ${codes}; tmux -L ${SOCKET} wait-for -S prompt'\n`;
writeFileSync(join(folder, "bashrc"), start);
const terminal = await TmuxTerminal.open(SOCKET, `bash --rcfile ${join(folder, "bashrc")}`, {
  ...SIZE,
  env: {
    PATH: `${folder}${delimiter}${process.env.PATH}`,
    HOME: folder,
    LANG: "C.UTF-8",
    OS_CLIENT_CONFIG_FILE: sandbox.clouds,
    OS_CLOUD: "site-a",
    OS_SECONDARY_CLOUD: "site-b",
  },
});
try {
  await terminal.signal("prompt");
  for (const command of commandsOf(guide, "Protect servers")) await play(command);
  await draw("tutorial-protect", "A group is made and its servers protected");
  await clear();
  await play("protector protection-group readiness shop --check");
  await play("protector recovery-point list shop");
  await draw("tutorial-readiness", "Readiness and recovery points of the group");
  const [dryRun = "", failover = ""] = commandsOf(guide, "Fail over");
  await clear();
  await play(dryRun);
  await draw("tutorial-plan", "The plan of a failover");
  await clear();
  await play(failover, "yes");
  await draw("tutorial-failover", "The failover has run");
} finally {
  await terminal.close();
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** @param answer what is typed when the command asks. */
async function play(command: string, answer?: string): Promise<void> {
  process.stdout.write(`$ ${command}\n`);
  await standsAtPrompt();
  const ended = terminal.signal("prompt");
  await terminal.type(command);
  if (answer !== undefined) {
    while (!QUESTION.test(plain(await terminal.screen()).at(-1) ?? "")) await sleep(200);
    await terminal.type(answer);
  }
  await ended;
  const code = readFileSync(codes, "utf8").trim().split("\n").at(-1);
  if (code !== "0")
    throw new Error(`"${command}" ended with exit code ${code}:\n${plain(await terminal.screen()).join("\n")}`);
}

/** The signal comes before the shell has written its prompt: what is typed between the two would be seen twice. */
async function standsAtPrompt(): Promise<void> {
  const lastLine = async () =>
    plain(await terminal.screen())
      .at(-1)
      ?.trim();
  while ((await lastLine()) !== "$") await sleep(50);
}

async function clear(): Promise<void> {
  await standsAtPrompt();
  const ended = terminal.signal("prompt");
  await terminal.type("clear");
  await ended;
}

/** The screen without the prompt that waits. */
async function draw(name: string, title: string): Promise<void> {
  await sleep(200);
  const screen = await terminal.screen();
  const lines = plain(screen).at(-1)?.trim() === "$" ? screen.slice(0, -1) : screen;
  writeFileSync(new URL(`${name}.svg`, import.meta.url), screenToSvg(lines, SIZE.columns, title));
}

function plain(lines: readonly string[]): readonly string[] {
  const esc = String.fromCharCode(0x1b);
  return lines.map((line) => line.replaceAll(new RegExp(`${esc}\\[[\\d;]*m`, "g"), ""));
}
