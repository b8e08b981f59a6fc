import { type OperationStatus, ProtectorError } from "@protector/contract";
import { OutsideError } from "@protector/ports";
import { readTime, writeTime } from "../../db/codecs.ts";
import type { SitesTable } from "../../db/schema.ts";
import { timeText } from "../../domain/time-text.ts";
import { siteById } from "../world/site-directory.ts";
import { refuseOperation } from "./end-operation.ts";
import type { StepFailure } from "./failure.ts";
import { databaseTime, loadOperation } from "./operation-store.ts";
import { LOOK_AGAIN_MS, type OperationTools } from "./operation-tools.ts";
import type { Scene } from "./scene.ts";
import { waitForOutside } from "./wait-for-outside.ts";

/** What an operation without a plan waits for, in words. */
const LOOKING = "looking at both sites";

/** Who gave no answer at all. */
interface Silent {
  /** In words, to begin a sentence with: a site, one service of it, or the array there. */
  readonly who: string;
  readonly site: SitesTable;
  /** Every group between the same sites needs what is silent: not only an array, of which a site can have several. */
  readonly isForAll: boolean;
}

/**
 * No plan could be made, since something outside does not do its part. A dry run ends with that: whoever asked wants to know
 * now. A real one waits, for `[engine] plan_wait` from its start at most; then it ends as `failed`, with nothing changed and
 * its group free.
 */
export async function waitForPlan(tools: OperationTools, scene: Scene, failure: StepFailure): Promise<OperationStatus> {
  const { operation } = scene;
  // What Protector itself takes back comes to an end.
  if (failure.error.code === "test.in_the_way" && operation.is_dry_run === 0)
    return waitForOutside(tools, scene, { failure, waitsFor: LOOKING, progress: 0 });
  const { now, since, givesUpAt } = await planLimits(tools, operation.id);
  const silent = await silentOne(tools, scene, failure);
  const way = wayOut(scene, silent);
  if (operation.is_dry_run === 1 || now >= givesUpAt)
    return refuseOperation(tools, scene, unanswered(failure, silent, since), way);
  const hint = `Gives up at ${timeText(givesUpAt)}, with nothing changed${way === undefined ? "" : `. ${way}`}`;
  const lookAgainMs = Math.min(LOOK_AGAIN_MS, givesUpAt - now);
  const limits = { givesUpAt: writeTime(givesUpAt), lookAgainMs, hint };
  return waitForOutside(tools, scene, { failure, waitsFor: LOOKING, progress: 0, ...limits });
}

/** ms on the database's clock: now, since when an operation tries to be planned, and when it gives up. */
export async function planLimits({ ports }: Pick<OperationTools, "ports">, operationId: string) {
  const { connection, settings } = ports;
  const { started_at, created_at } = await loadOperation(connection, operationId);
  const since = readTime(started_at ?? created_at);
  return { now: await databaseTime(connection), since, givesUpAt: since + settings.planWaitMs };
}

/** Undefined when whoever was asked has answered, be it with an error. */
async function silentOne(
  { ports: { connection } }: OperationTools,
  { environment: { source, target } }: Scene,
  { error }: StepFailure,
): Promise<Silent | undefined> {
  if (!(error.cause instanceof OutsideError)) return undefined;
  const { service, place } = error.cause.failure;
  const access = [source, target].find(({ siteName }) => place?.endsWith(siteName));
  if (place === undefined || access === undefined) return undefined;
  const site = await siteById(connection, access.siteId);
  const isArray = place !== site.name;
  if (isMissed(site)) return { who: site.name, site, isForAll: true };
  const who = isArray ? `The array at ${site.name}` : `${service[0]?.toUpperCase()}${service.slice(1)} of ${site.name}`;
  return { who, site, isForAll: !isArray };
}

/** The watch of this site does not reach the other one. */
function isMissed({ reachability }: SitesTable): boolean {
  return reachability === "unreachable";
}

/** @param since ms; when the operation has begun to ask. */
function unanswered({ error }: StepFailure, silent: Silent | undefined, since: number): ProtectorError {
  if (!silent) {
    const detail = `No plan could be made since ${timeText(since)}: ${error.message}`;
    return new ProtectorError("plan.unanswered", detail, { cause: error });
  }
  const { who, site, isForAll } = silent;
  const missed = isMissed(site) ? site.reachability_since : null;
  const earliest = missed === null ? since : Math.min(since, readTime(missed));
  const detail = `${who} does not answer since ${timeText(earliest)}, so that no plan could be made: ${error.message}`;
  return new ProtectorError("plan.unanswered", detail, { cause: error, facts: isForAll ? { site_id: site.id } : {} });
}

/**
 * What can be done when the silent one does not come back; undefined when only mending it helps. What can be done with all
 * groups of a site failover its own operation says.
 */
function wayOut({ operation, direction, view }: Scene, silent: Silent | undefined): string | undefined {
  const isMove = operation.type === "failover" || operation.type === "failback";
  if (
    !isMove ||
    operation.parent_id !== null ||
    operation.mode === "unplanned" ||
    silent?.site.id !== direction.sourceSiteId
  )
    return undefined;
  return `If ${silent.site.name} is lost: protector failover ${view.group.name} --unplanned`;
}
