import { type Cloud, connectCloud } from "@protector/openstack";
import { type Clock, type HttpTransport, OutsideError } from "@protector/ports";
import type { StorageArray } from "@protector/storage";
import type { SitesTable } from "../../db/schema.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { absentArray } from "./absent-array.ts";
import { arrayOf, findCinderHost } from "./arrays.ts";
import { podAtSite } from "./group-names.ts";
import type { GroupView } from "./group-view.ts";
import { ProjectListPool } from "./project-lists.ts";
import type { PointPool, TakenPoints } from "./shared-points.ts";
import { SharedReads } from "./shared-reads.ts";
import type { SiteAccess } from "./site-access.ts";
import { administratorOf, projectAt, siteById } from "./site-directory.ts";
import { openProjectManager, openTenantCloud } from "./tenant-access.ts";
import { Silence, within } from "./within.ts";

/** In whose name, and through which transport, a group's sites are reached. */
export interface AccessRequest {
  readonly view: GroupView;
  /** Guarded by the lease of the operation that calls. */
  readonly transport: HttpTransport;
  /** The same towards arrays; default `transport`. */
  readonly arrayTransport?: HttpTransport;
  readonly userId: string;
  readonly requestId: string;
  /** Those of all operations of the engine; default: its own. */
  readonly lists?: ProjectListPool;
  /** Those of all operations of the engine; default: an array is asked for each alone. */
  readonly points?: PointPool;
}

/** One of a group's two sites: its cloud and its array. Opens no connection before the first call. */
export async function openSite(ports: EnginePorts, request: AccessRequest, siteId: string): Promise<SiteAccess> {
  const { connection, clock, random, settings, secrets } = ports;
  const { view, transport, requestId } = request;
  const site = await siteById(connection, siteId);
  const directory = { connection, secrets, ownCloud: settings.ownCloud, callTimeoutMs: settings.callTimeoutMs };
  const cloudPorts = { transport, clock, random };
  const administrator = await administratorOf(directory, site);
  const admin = connectCloud({ ...administrator, requestId }, cloudPorts);
  const projectId = await projectAt(connection, view.group.project_id, site);
  const { array, points, cinderHost } = await openArray(ports, request, site);
  const isOwn = site.is_local === 1;
  const project = (request.lists ?? new ProjectListPool(cloudPorts)).take(administrator, projectId);
  return {
    siteId,
    siteName: site.name,
    isOwn,
    projectId,
    admin,
    array,
    pod: podAtSite(view, siteId),
    groupTypeName: settings.groupTypeName,
    reads: new SharedReads(clock, { project, array, points, groupId: view.group.id }),
    arrayName: once(() => nameOf(array, { clock, siteName: site.name, recorded: recordedName(view, siteId) })),
    cinderHost: once(async () => cinderHost ?? findCinderHost(admin, array, site.name)),
    tenant: once((): Promise<Cloud> => {
      if (!isOwn) throw new Error(`no call is made in the tenant's name at ${site.name}: it is not this engine's site`);
      const serviceUser = { ...settings.ownCloud, name: site.name, timeoutMs: settings.callTimeoutMs };
      return openTenantCloud(
        connection,
        { serviceUser, ports: cloudPorts },
        { projectId, userId: request.userId, requestId },
      );
    }),
    projectManager: once(() => {
      if (!isOwn) throw new Error(`nothing is managed at ${site.name}: it is not this engine's site`);
      const serviceUser = { ...settings.ownCloud, name: site.name, timeoutMs: settings.callTimeoutMs };
      return openProjectManager({ serviceUser, ports: cloudPorts }, { projectId, userId: request.userId, requestId });
    }),
  };
}

interface OpenArray {
  readonly array: StorageArray;
  readonly points: TakenPoints | undefined;
  readonly cinderHost: string | undefined;
}

/** Without a policy a group has no array, and nothing on one: whoever asks for it all the same is told so. */
async function openArray(
  { connection, settings, secrets, storageDriver }: EnginePorts,
  { view, transport, arrayTransport, points }: AccessRequest,
  site: Pick<SitesTable, "id" | "name">,
): Promise<OpenArray> {
  if (!view.policy) return { array: absentArray(view.group.name), points: undefined, cinderHost: undefined };
  const { access, cinderHost } = await arrayOf({ connection, secrets, settings }, view.group, view.policy, site.id);
  const named = { ...access, name: `the array at ${site.name}` };
  const array = storageDriver(arrayTransport ?? transport).connect(named);
  return { array, points: points?.take(named), cinderHost };
}

function recordedName(view: GroupView, siteId: string): string | undefined {
  return view.consistencyGroups.find((row) => row.site_id === siteId)?.array_name;
}

/** ms that an array is waited for whose name was recorded: a dead one must not cost a call's time limit. */
const NAME_WITHIN_MS = 5_000;

/** The array's own word, since names can change; what was recorded when it does not answer. */
async function nameOf(
  array: StorageArray,
  of: { readonly clock: Clock; readonly siteName: string; readonly recorded: string | undefined },
): Promise<string> {
  const { clock, siteName, recorded } = of;
  const ask = async () => (await array.identify()).name;
  if (recorded === undefined) return ask();
  try {
    return await within({ clock }, { ms: NAME_WITHIN_MS, who: `The array at ${siteName}` }, ask);
  } catch (error) {
    if (!(error instanceof OutsideError || error instanceof Silence)) throw error;
    return recorded;
  }
}

/** Asked once; a failure is asked again. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= Promise.resolve()
      .then(ask)
      .catch((error) => {
        answer = undefined;
        throw error;
      });
    return answer;
  };
}
