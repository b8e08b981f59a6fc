import { clientError } from "@protector/client";
import type { Operation, Plan } from "@protector/contract";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";

const FORMAT = "protector-plan/1";
/** Steps of each kind that a refusal names. */
const NAMED_STEPS = 5;

/** A plan that somebody has seen, with everything that makes the same one again. */
export interface SavedPlan {
  readonly format: typeof FORMAT;
  /** Command that it is for: `failover`. */
  readonly command: string;
  readonly protection_group: { readonly id: string; readonly name: string };
  /** Site whose engine made it. */
  readonly site_id: string;
  /** ISO 8601. */
  readonly saved_at: string;
  /** What the command was asked for beside the group. */
  readonly options: object;
  readonly plan: Plan;
}

/**
 * Writes the plan that was shown. A file that is something else is left alone.
 * @throws UsageError for such a file, and where nothing can be written.
 */
export function savePlan(context: CommandContext, path: string, saved: Omit<SavedPlan, "format" | "saved_at">): void {
  const { host } = context;
  const before = host.readFile(path);
  if (before !== undefined && parsePlan(before) === undefined)
    throw new UsageError(`${path} exists and is no plan of protector; it is left as it is. Name another file.`);
  const content: SavedPlan = { format: FORMAT, saved_at: new Date(host.clock.now()).toISOString(), ...saved };
  try {
    host.writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
  } catch (cause) {
    throw new UsageError(`The plan cannot be written: ${(cause as Error).message}`, { cause });
  }
  context.note(
    `The plan is in ${path}. To run this plan or nothing: the same command with --plan-file and without --dry-run.`,
  );
}

/** @throws UsageError when there is no plan in the file. */
export function readPlan({ host }: CommandContext, path: string): SavedPlan {
  const text = host.readFile(path);
  if (text === undefined) throw new UsageError(`No file ${path}. Save a plan first: --dry-run --plan-file ${path}`);
  const saved = parsePlan(text);
  if (saved) return saved;
  throw new UsageError(`${path} is no plan of protector. Save one with --dry-run --plan-file.`);
}

function parsePlan(text: string): SavedPlan | undefined {
  try {
    const content = JSON.parse(text) as SavedPlan | null;
    const isPlan = content?.format === FORMAT && content.plan.digest && content.protection_group.id;
    return isPlan ? content : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The plan that would run now has to be the one that was saved.
 * @param planned the dry run that made the plan of now.
 * @throws ApiError `plan.changed` that names the differences.
 */
export function requireSamePlan(saved: SavedPlan, planned: Operation, site: string): void {
  const { plan } = planned;
  if (plan?.digest === saved.plan.digest && planned.site_id === saved.site_id) return;
  const differences = plan ? differencesOf(saved, planned, plan) : ["no plan can be made now"];
  const detail = `Nothing has been started: the plan of now is not the one that was saved at ${saved.saved_at.slice(0, 19)}Z. ${differences.join(". ")}.`;
  throw clientError("plan.changed", site, detail);
}

function differencesOf(saved: SavedPlan, planned: Operation, plan: Plan): readonly string[] {
  const differences = [
    ...(planned.site_id === saved.site_id ? [] : ["The servers would come to another site"]),
    ...titlesText("No longer in it", saved.plan, plan),
    ...titlesText("New in it", plan, saved.plan),
    ...(plan.blockers.length > 0 ? [`It is blocked: ${plan.blockers.map(({ reason }) => reason).join(" ")}`] : []),
  ];
  if (differences.length > 0) return differences.map((text) => text.replace(/\.$/, ""));
  return ["Its steps have the same titles, but work on other objects or with other values"];
}

function titlesText(what: string, { steps }: Plan, { steps: others }: Plan): readonly string[] {
  const known = new Set(others.map(({ title }) => title));
  const titles = steps.map(({ title }) => title).filter((title) => !known.has(title));
  if (titles.length === 0) return [];
  const more = titles.length > NAMED_STEPS ? ` and ${titles.length - NAMED_STEPS} more` : "";
  return [`${what}: ${titles.slice(0, NAMED_STEPS).join(", ")}${more}`];
}
