import { WORKFLOWS } from "../workflows/index.ts";
import type { CallLimits } from "../world/call-limits.ts";
import { openSite } from "../world/group-access.ts";
import { loadGroup } from "../world/group-view.ts";
import type { ProjectListPool } from "../world/project-lists.ts";
import type { PointPool } from "../world/shared-points.ts";
import { localSite } from "../world/site-directory.ts";
import { loadSteps, type OperationRow, requestIdOf } from "./operation-store.ts";
import type { OperationTools } from "./operation-tools.ts";
import { outboundOf } from "./outbound.ts";
import type { LocalScene, Scene } from "./scene.ts";

/** ms that the end of both arrays' sessions is waited for: one that nobody ends dies by itself. */
const CLOSE_WITHIN_MS = 2_000;

/** What all operations of an engine share on their way out. */
export interface SharedWays {
  readonly limits: CallLimits;
  readonly lists: ProjectListPool;
  readonly points: PointPool;
}

/** Reads an operation and its group. @throws ProtectorError when the group is gone. */
export async function loadScene({ ports }: OperationTools, operation: OperationRow): Promise<LocalScene> {
  const { connection } = ports;
  const view = await loadGroup(connection, operation.protection_group_id);
  const workflow = WORKFLOWS[operation.type];
  const { id: localSiteId } = await localSite(connection);
  const direction = workflow.direction(view, localSiteId);
  return { operation, view, workflow, direction, localSiteId, steps: await loadSteps(connection, operation.id) };
}

/**
 * Opens both sites for an operation, every call guarded by its lease.
 * @throws ProtectorError when a site, a project, a policy or a backend that it needs is not known here.
 */
export async function openScene(tools: OperationTools, local: LocalScene, ways: SharedWays): Promise<Scene> {
  const { ports, journal, keeper } = tools;
  const { clock, random, transport } = ports;
  const { limits, lists, points } = ways;
  const { operation, view, direction } = local;
  const requestId = requestIdOf(operation);
  const request = {
    view,
    transport: limits.limit(transport, ports.settings.callsPerService, () => keeper.requireTimeLeft()),
    arrayTransport: limits.limit(transport, ports.settings.callsPerArray, () => keeper.requireTimeLeft()),
    userId: operation.user_id,
    requestId,
    lists,
    points,
  };
  const source = await openSite(ports, request, direction.sourceSiteId);
  const target = await openSite(ports, request, direction.targetSiteId).catch(async (error: unknown) => {
    await source.reads.close();
    throw error;
  });
  return {
    ...local,
    phase: operation.phase,
    environment: {
      operation: {
        id: operation.id,
        groupId: operation.protection_group_id,
        projectId: operation.project_id,
        userId: operation.user_id,
        type: operation.type,
        leaseNumber: keeper.lease.number,
        requestId,
        epoch: operation.epoch,
      },
      source,
      target,
      journal,
      outbound: outboundOf(ports, request.transport),
      clock,
      random,
    },
    close: async () => {
      const goodbye = Promise.allSettled(
        [source, target].flatMap(({ reads, array }) => [reads.close(), array.close()]),
      );
      const over = new AbortController();
      const patience = clock.sleep(CLOSE_WITHIN_MS, over.signal).catch(() => {});
      await Promise.race([goodbye, patience]);
      over.abort();
    },
  };
}
