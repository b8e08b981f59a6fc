import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Output } from "@protector/cli";
import { systemClock, UndiciTransport } from "@protector/ports";
import { CommanderError } from "commander";
import { CommandFailed } from "./commands.ts";
import { testAndCleanUp } from "./drill.ts";
import { goAndComeHome } from "./going-home.ts";
import { readOptions, type SandboxOptions } from "./options.ts";
import { observeFailover } from "./outcome.ts";
import { reportOf, type SandboxReport, tellHome, tellNext, tellOutcome } from "./report.ts";
import { CannotStart, type RunningSandbox, startSandbox } from "./sandbox.ts";
import { failOver, failOverWithoutHome, protectWorkload, registerSites, type Stage } from "./scenario.ts";
import { failOverSite, protectInGroups } from "./site-wide.ts";
import { Telling } from "./telling.ts";

/** What the sandbox runs in. */
export interface SandboxHost {
  readonly args: readonly string[];
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts with Ctrl-C. */
  readonly interrupt: AbortSignal;
  /** Ports of the two APIs. */
  readonly apiPorts: readonly [number, number];
}

/**
 * Runs the sandbox until its scenario is over (`--exit`) or it is interrupted.
 * @returns exit status: 0, 1 when something failed, 2 for wrong options.
 */
export async function runSandbox(host: SandboxHost): Promise<number> {
  let options: SandboxOptions;
  try {
    options = readOptions(host.args);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const telling = new Telling(options.json ? host.stderr : host.stdout, systemClock, host.env);
  const transport = new UndiciTransport();
  let sandbox: RunningSandbox | undefined;
  try {
    telling.title("Two sites, each a simulated OpenStack cloud, a FlashArray and a Protector of its own");
    sandbox = await start(telling, host, options);
    const report = await play(host, options, { sandbox, telling, transport });
    if (options.json) host.stdout.write(`${JSON.stringify(report)}\n`);
    if (!options.exit) await stay({ sandbox, telling, transport }, host, options);
    return report.status === "completed" || report.status === "ready" ? 0 : 1;
  } catch (error) {
    if (host.interrupt.aborted) return 130;
    const { message, stack } = error as Error;
    telling.line(`\n${telling.paint("red", "Failed:")} ${isExpected(error) ? message : stack}`);
    if (sandbox && options.keep === undefined)
      telling.line("Run it again with --keep FOLDER to keep logs and databases.");
    return 1;
  } finally {
    await transport.close();
    await sandbox?.close();
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof CannotStart || error instanceof CommandFailed;
}

async function start(telling: Telling, host: SandboxHost, options: SandboxOptions): Promise<RunningSandbox> {
  const sandbox = await telling.step("clouds, arrays and services run", () =>
    startSandbox({ ...options, apiPorts: host.apiPorts }),
  );
  for (const [index, { name, cloud, array }] of sandbox.world.sites.entries()) {
    telling.line(
      `      ${name}  Protector ${sandbox.sites[index]?.url}  Keystone ${cloud.authUrl}  ${array.name} ${array.origin}`,
    );
  }
  const volumes = sandbox.world.servers.reduce((sum, server) => sum + server.volumes.length, 0);
  telling.line(
    `      workload at site-a: ${sandbox.world.servers.length} servers, ${volumes} volumes, 2 networks; every server writes`,
  );
  return sandbox;
}

interface Cast {
  readonly sandbox: RunningSandbox;
  readonly telling: Telling;
  readonly transport: UndiciTransport;
}

async function play(host: SandboxHost, { scenario }: SandboxOptions, cast: Cast): Promise<SandboxReport> {
  const { sandbox, telling, transport } = cast;
  const line = { clouds: sandbox.clouds, transport, output: telling.output, env: host.env, interrupt: host.interrupt };
  const stage: Stage = { sandbox: sandbox.world, telling, line };
  await registerSites(stage);
  switch (scenario) {
    case "none":
      return reportOf(scenario, "ready", observeFailover(sandbox.world));
    case "planned-failover": {
      telling.title("The tenant protects the workload");
      await protectWorkload(stage);
      telling.title("Planned failover to site-b");
      const { status } = await failOver(stage);
      const report = reportOf(scenario, status, observeFailover(sandbox.world));
      tellOutcome(telling, report);
      return report;
    }
    case "unplanned-failover": {
      telling.title("The tenant protects the workload");
      await protectWorkload(stage);
      telling.title("Site-a is lost: power, array and Protector; unplanned failover to site-b");
      await telling.step("nothing of site-a answers", () => sandbox.loseHome());
      const { status } = await failOverWithoutHome(stage);
      const report = reportOf(scenario, status, observeFailover(sandbox.world));
      tellOutcome(telling, report);
      return report;
    }
    case "test-failover": {
      telling.title("The tenant protects the workload");
      await protectWorkload(stage);
      telling.title("Test failover to site-b; production runs on at site-a");
      const drill = await testAndCleanUp(stage);
      const report = {
        ...reportOf(scenario, drill.left.length === 0 ? drill.status : "left_behind", observeFailover(sandbox.world)),
        rto_seconds: drill.rto_seconds,
        copies: drill.copies,
      };
      tellOutcome(telling, { ...report, rto_seconds: null });
      telling.line(`\n  status     ${report.status}\n  recovery   ${drill.rto_seconds} s until the last copy was up`);
      return report;
    }
    case "site-failover": {
      telling.title("The tenant protects the workload in several groups");
      await protectInGroups(stage);
      telling.title("Site-a is lost: power, array and Protector; unplanned failover of the whole site");
      await telling.step("nothing of site-a answers", () => sandbox.loseHome());
      const { status, groups } = await failOverSite(stage);
      const report = { ...reportOf(scenario, status, observeFailover(sandbox.world)), groups };
      tellOutcome(telling, report);
      return report;
    }
    case "failback":
    case "full-cycle": {
      telling.title("The tenant protects the workload");
      await protectWorkload(stage);
      return comeHome(stage, scenario);
    }
  }
}

/** Once for a failback, and once more where that has to leave nothing that the second time would find. */
async function comeHome(stage: Stage, scenario: "failback" | "full-cycle"): Promise<SandboxReport> {
  const { telling } = stage;
  const cycles = scenario === "failback" ? 1 : 2;
  for (let cycle = 1; ; cycle += 1) {
    if (cycles > 1) telling.title(`Cycle ${cycle} of ${cycles}`);
    const { members, left, status } = await goAndComeHome(stage);
    const isClean = left.length === 0 && members.every((member) => member.is_same_server);
    const report = {
      ...reportOf(scenario, status === "completed" && !isClean ? "left_behind" : status, members),
      cycles: cycle,
      left,
    };
    if (cycle < cycles && report.status === "completed" && report.writes_lost === 0) continue;
    tellHome(telling, report);
    return report;
  }
}

/** Stays up for people until Ctrl-C. */
async function stay(
  { telling, sandbox }: Cast,
  { interrupt }: SandboxHost,
  { scenario }: SandboxOptions,
): Promise<void> {
  const program = relative(process.cwd(), fileURLToPath(new URL("../../cli/bin/protector.ts", import.meta.url)));
  // The node of the shell may be too old to run it: this one can.
  const node = relative(process.cwd(), process.execPath);
  tellNext(telling, sandbox, { scenario, command: `${node} ${program}` });
  telling.line("\nThe sandbox runs until Ctrl-C.");
  if (!interrupt.aborted) await new Promise((stop) => interrupt.addEventListener("abort", stop, { once: true }));
  telling.line("Stopping.");
}
