import type { SuiteResult } from "../run-report.ts";
import { runVitest } from "../run-vitest.ts";
import { CHAPTERS, type Chapter } from "./chapters.ts";
import { bringUp, type Say, whyNotHere } from "./clouds/bring-up.ts";
import { openPair, type Pair } from "./clouds/pair.ts";
import { takeDown } from "./clouds/take-down.ts";
import { namespaceCommand } from "./machines/network.ts";
import { beginPreparation, type Preparation } from "./preparation.ts";
import { namedClouds } from "./story/named-clouds.ts";

/** What to run and how long it may take. */
export interface OpenstackRun {
  /** ms since the UNIX epoch; chapters that would end later are skipped, also in their midst. Undefined: none is run. */
  readonly endsAt: number | undefined;
  /** Chapters by name; default all. */
  readonly chapters?: readonly string[];
  /** Leaves clouds that it brought up. Clouds that were up before stay in any case. */
  readonly keepClouds?: boolean;
  /** Clouds that do not come up on this host are a reason to skip, not a failure. */
  readonly mayLackClouds?: boolean;
  /** What has been begun of them; default: it is done now. */
  readonly preparation?: Preparation;
}

/** Minutes until a pair of clouds is up, with two processors, from what it is made from. */
const BRING_UP_MINUTES = 3;

const ENDED_BY_SIGNAL = 130;

const CONFIGURATION = "test/openstack/vitest.config.ts";

/**
 * Runs the suites on two real OpenStack clouds: on those that `PROTECTOR_TEST_CLOUDS` names, else on a pair that is
 * brought up for it. What cannot be run, or not in time, is told as skipped, with the reason.
 */
export async function runOpenstackSuites(run: OpenstackRun): Promise<readonly SuiteResult[]> {
  const chapters = CHAPTERS.filter(({ name }) => run.chapters?.includes(name) ?? true);
  const { endsAt } = run;
  if (endsAt === undefined)
    return [
      skipped([
        "openstack: npm run test:openstack runs the suites on real clouds; npm test does when PROTECTOR_TEST_MINUTES is set",
      ]),
    ];
  if (namedClouds()) return tellOnNamedClouds(chapters, endsAt);
  const say = sayWithSeconds();
  process.stdout.write("\n== openstack: two clouds\n");
  say("what they are made from");
  // Waited for in any case: nothing of it runs on when this ends.
  const failure = await (run.preparation ?? beginPreparation()).failure;
  const reason = failure ?? whyNotHere() ?? whyTooLate(BRING_UP_MINUTES, endsAt);
  if (reason !== undefined) return [skippedChapters(chapters, reason)];
  const pair = openPair();
  const wasUp = Object.values(pair.sites).every((machine) => machine.isOn);
  const mustClear = !wasUp && run.keepClouds !== true;
  if (mustClear) clearWhenEnded(pair);
  try {
    const trouble = await bringUp(pair, say).then(() => undefined, String);
    if (trouble === undefined) {
      return await tell(chapters, endsAt, (command) => namespaceCommand(pair.network.namespace, command));
    }
    process.stdout.write(`${trouble}\n`);
    if (run.mayLackClouds === true) return [skippedChapters(chapters, "the clouds did not come up, see above")];
    return [{ name: "openstack (clouds)", passed: 0, failed: 1, skipped: 0, skippedTests: [] }];
  } finally {
    if (mustClear) await clearAway(pair);
  }
}

async function tellOnNamedClouds(chapters: readonly Chapter[], endsAt: number): Promise<readonly SuiteResult[]> {
  const [possible, others] = [chapters.filter(isForAnyClouds), chapters.filter((each) => !isForAnyClouds(each))];
  const results = await tell(possible, endsAt, (command) => command);
  return others.length === 0 ? results : [...results, skippedChapters(others, "it needs clouds of its own making")];
}

async function tell(
  chapters: readonly Chapter[],
  endsAt: number,
  wrap: (command: readonly string[]) => readonly string[],
): Promise<readonly SuiteResult[]> {
  const results: SuiteResult[] = [];
  let isInstalled = true;
  for (const [index, chapter] of chapters.entries()) {
    const kept = sumOfMinutes(chapters.slice(index + 1).filter(({ isEssential }) => isEssential));
    const reason = isInstalled
      ? whyTooLate(chapter.minutes, endsAt, chapter.isEssential ? 0 : kept)
      : "Protector was not installed";
    if (reason !== undefined) {
      results.push(skippedChapters([chapter], reason));
      if (chapter.installs) isInstalled = false;
      continue;
    }
    const args = ["--config", CONFIGURATION, ...chapter.files];
    const timeLimit = Number.isFinite(endsAt) ? { timeLimit: endsAt - Date.now() } : {};
    const suites = await runVitest({ name: `openstack: ${chapter.name}`, args, wrap, ...timeLimit });
    results.push(...suites.map((suite) => ({ ...suite, name: `openstack ${chapter.name}` })));
    if (chapter.installs) isInstalled = suites.every(({ failed, passed }) => failed === 0 && passed > 0);
  }
  return results;
}

function isForAnyClouds(chapter: Chapter): boolean {
  return chapter.isForAnyClouds;
}

function sumOfMinutes(chapters: readonly Chapter[]): number {
  return chapters.reduce((sum, { minutes }) => sum + minutes, 0);
}

/** @param kept - minutes that belong to something else. */
function whyTooLate(minutes: number, endsAt: number, kept = 0): string | undefined {
  const left = Math.floor((endsAt - Date.now()) / 60_000) - kept;
  return left < minutes ? `it takes up to ${minutes} minutes and ${Math.max(left, 0)} are left` : undefined;
}

function skippedChapters(chapters: readonly Chapter[], reason: string): SuiteResult {
  return skipped(chapters.map(({ name }) => `openstack ${name}: ${reason}`));
}

function skipped(skippedTests: readonly string[]): SuiteResult {
  return { name: "openstack", passed: 0, failed: 0, skipped: skippedTests.length, skippedTests };
}

function sayWithSeconds(): Say {
  const start = Date.now();
  return (stage) => process.stdout.write(`[${((Date.now() - start) / 1000).toFixed(1).padStart(6)} s] ${stage}\n`);
}

/** Machines are processes of their own: they would outlive whoever ends this one. */
function clearWhenEnded(pair: Pair): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void clearAway(pair).finally(() => process.exit(ENDED_BY_SIGNAL)));
}

/** What stays behind must not hide what the tests found. */
async function clearAway(pair: Pair): Promise<void> {
  try {
    await takeDown(pair);
  } catch (error) {
    process.stdout.write(`the clouds could not be taken down: ${error instanceof Error ? error.message : error}\n`);
  }
}
