import { systemClock } from "@protector/ports";
import { Command, CommanderError } from "commander";
import { loadProgramConfig } from "./program.ts";
import { type CheckOutcome, type UpgradeResult, upgradeChecks } from "./upgrade-checks.ts";
import { VERSION } from "./version.ts";

/** Exit status by the worst result; 255 when the checks themselves broke. */
const EXIT: Readonly<Record<UpgradeResult, number>> = { Success: 0, Warning: 1, Failure: 2 };
const BROKEN = 255;
const DETAILS_WIDTH = 60;

/**
 * The program `protector-status`.
 * @param args command line without program.
 * @returns exit status: 0 ready, 1 warnings, 2 failures, 255 when it broke.
 */
export async function runStatus(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let status = BROKEN;
  const program = new Command("protector-status")
    .version(`protector-status ${VERSION}`, "--version")
    .description("Whether this site is ready for the release that is installed")
    .option("--config-file <path>", "configuration file; may be repeated, later ones win", collect, [])
    .option("--config-dir <path>", "directory of *.conf files; may be repeated", collect, [])
    .exitOverride();
  const upgrade = program.command("upgrade").description("upgrades").exitOverride();
  upgrade
    .command("check")
    .option("--json", "print JSON", false)
    .description("check before the services of the new release start")
    .exitOverride()
    .action(async ({ json }: { json: boolean }) => {
      const { configFile, configDir } = program.opts<{ configFile: string[]; configDir: string[] }>();
      const load = () => loadProgramConfig({ files: configFile, directories: configDir }, env);
      const outcomes = await upgradeChecks(load, systemClock);
      process.stdout.write(json ? jsonText(outcomes) : boxText(outcomes));
      status = Math.max(...outcomes.map(({ result }) => EXIT[result]));
    });
  try {
    await program.parseAsync([...args], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BROKEN;
    process.stderr.write(`protector-status: ${error instanceof Error ? error.message : String(error)}\n`);
    return BROKEN;
  }
}

function jsonText(outcomes: readonly CheckOutcome[]): string {
  const checks = outcomes.map(({ check, result, details }) => ({ check, result: EXIT[result], details }));
  return `${JSON.stringify({ name: "Upgrade Check Results", checks })}\n`;
}

/** The box of oslo.upgradecheck. */
function boxText(outcomes: readonly CheckOutcome[]): string {
  const cells = outcomes.map(({ check, result, details }) => [
    `Check: ${check}`,
    `Result: ${result}`,
    ...wrap(`Details: ${details ?? "None"}`),
  ]);
  const title = "Upgrade Check Results";
  const width = Math.max(title.length, ...cells.flat().map((line) => line.length));
  const rule = `+${"-".repeat(width + 2)}+`;
  const rows = [[title], ...cells].flatMap((lines) => [...lines.map((line) => `| ${line.padEnd(width)} |`), rule]);
  return `${[rule, ...rows].join("\n")}\n`;
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= DETAILS_WIDTH)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(lines.length === 0 ? word : `  ${word}`);
  }
  return lines;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
