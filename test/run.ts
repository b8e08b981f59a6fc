#!/usr/bin/env node
import { beginPreparation } from "./openstack/preparation.ts";
import { runOpenstackSuites } from "./openstack/run-suites.ts";
import { namedClouds } from "./openstack/story/named-clouds.ts";
import type { SuiteResult } from "./run-report.ts";
import { programOf, runCommand, runVitest } from "./run-vitest.ts";
import { SERVICE_NAMES, whyMissing } from "./services/binaries.ts";
import { writeSummary } from "./summary.ts";

/*
 * `npm test`: linter, type checker and every vitest project, then the suites on real OpenStack clouds as far as they fit
 * into PROTECTOR_TEST_MINUTES; what these are made from is built beside the others. All run even when one fails. The last
 * line sums up; linter and type checker count as one test each. Arguments go to vitest, and then nothing else runs beside
 * it: `npm test -- packages/client`.
 */

const startedAt = Date.now();
const args = process.argv.slice(2);
const endsAt = openstackEnd();
const preparation = args.length > 0 || endsAt === undefined || namedClouds() ? undefined : beginPreparation();
const results = [
  await check("lint", ["biome", "ci", "--colors=off", "."]),
  await check("typecheck", ["tsc", "--noEmit", "--pretty", "false"]),
];
await preparation?.installed;
results.push(...(await runVitest({ name: "vitest", args })));
if (args.length === 0)
  results.push(...(await runOpenstackSuites({ endsAt, mayLackClouds: true, ...(preparation && { preparation }) })));
writeSummary(
  results,
  SERVICE_NAMES.flatMap((name) => whyMissing(name) ?? []),
);

/** Runs a tool that passes or fails as a whole. */
async function check(name: string, [program = "", ...words]: readonly string[]): Promise<SuiteResult> {
  const isGood = (await runCommand(name, [programOf(program), ...words])) === 0;
  return { name, passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0, skippedTests: [] };
}

/** ms since the UNIX epoch; undefined when the variable is not set and the clouds are not asked for. */
function openstackEnd(): number | undefined {
  const minutes = Number(process.env.PROTECTOR_TEST_MINUTES);
  return minutes > 0 ? startedAt + minutes * 60_000 : undefined;
}
