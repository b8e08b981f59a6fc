import type { ProtectionGroup, ReplicationType, SyncDocument, SyncReceipt } from "@protector/contract";
import { ApiError, clientError, hasCode, PEER_UNREACHABLE_SENTENCE } from "./api-error.ts";
import type { PageRequest, SiteClient } from "./site-client.ts";
import { isOwed, type ReachableView, type Roles, rolesOf, type SiteView, siteIdOf, viewOf } from "./site-view.ts";
import { keyed, type StartOptions } from "./start-options.ts";
import { requireIdle, requireNoConflict, requireSamePair } from "./two-site-guards.ts";

/** Whether the peer holds what the primary holds; a change that could not be carried is made all the same. */
export type Delivery =
  | { readonly isDelivered: true; readonly receipt: SyncReceipt | undefined }
  | { readonly isDelivered: false; readonly failure: ApiError };

/** Outcome of a change. */
export interface Changed<T> {
  readonly value: T;
  /** Site that made the change; an operation that it started runs there. */
  readonly client: SiteClient;
  readonly delivery: Delivery;
}

/** A group that was looked at on both sites. */
export interface InspectedGroup extends Roles {
  readonly id: string;
  readonly views: readonly [SiteView, SiteView];
}

/** A group to be made. */
export interface NewGroup extends StartOptions {
  readonly name: string;
  readonly description?: string;
  /** Default `async`. */
  readonly replication_type?: ReplicationType;
}

/** A group whose two sites both answer. */
export interface ReadyGroup {
  readonly id: string;
  readonly primary: ReachableView;
  readonly other: ReachableView;
}

export interface TwoSiteOptions {
  /** The site that the caller named first. */
  readonly near: SiteClient;
  /** The other; found when it is first needed. */
  readonly far: () => Promise<SiteClient>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The only place that coordinates two sites. A change goes: look at both (Keystone, `GET /`, equal generations) → change
 * at the primary → its document → the peer → the peer's receipt back to the primary. Cut anywhere, the next command
 * finds a document owed and carries it before its own change.
 */
export class TwoSiteClient {
  readonly near: SiteClient;
  readonly #findFar: () => Promise<SiteClient>;
  #far: Promise<SiteClient> | undefined;

  constructor(options: TwoSiteOptions) {
    this.near = options.near;
    this.#findFar = options.far;
  }

  /** The other site's client. */
  far(): Promise<SiteClient> {
    this.#far ??= this.#findFar();
    return this.#far;
  }

  /**
   * Id of a group by id or name, as the near site knows it, else the far.
   * @throws ApiError `protection_group.not_found`, or that no site answered.
   */
  async groupId(ref: string): Promise<string> {
    if (UUID.test(ref)) return ref;
    const near = await this.#idAt(this.near, ref);
    if (typeof near === "string") return near;
    const other = await this.farOrFailure();
    const far = other instanceof ApiError ? other : await this.#idAt(other, ref);
    if (typeof far === "string") return far;
    if (near && far) throw near;
    const silent = near ?? far;
    const unasked = silent ? ` (${silent.site} does not answer)` : "";
    const detail = `No protection group "${ref}"${unasked}.`;
    throw clientError("protection_group.not_found", this.near.name, detail);
  }

  /**
   * The other site's client, or why there is none: its site gives no answer, or nobody said where it is. Reads go on
   * with one site then.
   */
  async farOrFailure(): Promise<SiteClient | ApiError> {
    try {
      return await this.far();
    } catch (error) {
      if (error instanceof ApiError) {
        if (error.isSilence) return error;
        throw error;
      }
      return unnamedPeer(error);
    }
  }

  /** Looks at a group on both sites. */
  async inspect(ref: string): Promise<InspectedGroup> {
    if (!UUID.test(ref)) this.#logInFar();
    const id = await this.groupId(ref);
    const views = await Promise.all([viewOf(this.near, id), this.#farView(id)]);
    return { id, views, ...rolesOf(views, ref) };
  }

  /**
   * A group that may be changed: both sites answer, and hold the same; an owed document is carried on the way.
   * @throws ApiError `peer.unreachable` with the promised sentence; `sync.conflict`; `protection_group.given_up` or
   * `site.ambiguous` when the group's other site is a third one; what the sites refuse.
   */
  async ready(ref: string): Promise<ReadyGroup> {
    const { id, primary, other } = await this.inspect(ref);
    for (const view of [primary, other]) {
      if (view.isReachable) continue;
      throw isUnnamed(view.failure) ? view.failure.cause : remoteUnreachable(view.name, view.failure);
    }
    const both = { id, primary: primary as ReachableView, other: other as ReachableView };
    requireSamePair(both);
    requireNoConflict(both);
    if (isOwed(both.primary, both.other)) await carry(id, both.primary.client, both.other.client);
    if (!both.primary.group) {
      const detail = `Protection group "${ref}" is deleted on ${both.primary.name}.`;
      throw clientError("protection_group.not_found", both.primary.name, detail);
    }
    return both;
  }

  /**
   * Changes a group at its primary and takes the change to the peer.
   * @throws ApiError of {@link ready}; `protection_group.busy` when an operation has the group in hand at the peer, which
   * would not take the change.
   */
  async change<T>(
    ref: string,
    make: (primary: SiteClient, id: string, other: ReachableView) => Promise<T>,
  ): Promise<Changed<T>> {
    const { id, primary, other } = await this.ready(ref);
    requireIdle(other);
    const value = await make(primary.client, id, other);
    return { value, client: primary.client, delivery: await this.#deliver(id, primary.client, other.client) };
  }

  /** Creates a group whose primary is the near site, and takes it to the far one. */
  async createGroup({ idempotencyKey, ...request }: NewGroup): Promise<Changed<ProtectionGroup>> {
    const far = await this.far();
    let peerSiteId: string;
    try {
      // Without a token nothing would prove that Keystone answers.
      [peerSiteId] = await Promise.all([siteIdOf(far), far.projectId()]);
    } catch (error) {
      if (error instanceof ApiError && error.isSilence) throw remoteUnreachable(far.name, error);
      throw error;
    }
    const body = { protection_group: { ...request, peer_site_id: peerSiteId } };
    const { protection_group: value } = await this.near.call("protection_groups.create", {
      body,
      ...keyed({ idempotencyKey }),
    });
    return { value, client: this.near, delivery: await this.#deliver(value.id, this.near, far) };
  }

  /**
   * After an operation: takes what the site that is primary now holds, history included, to the other. A site that does
   * not answer is no error here; the next command carries.
   */
  async settle(ref: string): Promise<Delivery> {
    let inspected: InspectedGroup;
    try {
      inspected = await this.inspect(ref);
    } catch (error) {
      // Deleted, and another client has told the peer already.
      if (error instanceof ApiError && error.code === "protection_group.not_found")
        return { isDelivered: true, receipt: undefined };
      throw error;
    }
    const { id, primary, other } = inspected;
    for (const view of [primary, other]) if (!view.isReachable) return { isDelivered: false, failure: view.failure };
    return attempt(() => carry(id, (primary as ReachableView).client, (other as ReachableView).client));
  }

  /** A group's state at both sites, an owed document carried on the way when that is possible. */
  async inspectAndMend(ref: string): Promise<InspectedGroup> {
    const inspected = await this.inspect(ref);
    const { id, primary, other } = inspected;
    if (!primary.isReachable || !other.isReachable || !isOwed(primary, other)) return inspected;
    const delivery = await attempt(() => carry(id, primary.client, other.client));
    return delivery.isDelivered && primary.group ? this.inspect(id) : inspected;
  }

  /** Groups of the near site; those whose document is owed are carried first, as far as the far site answers. */
  async listGroups(
    query: Readonly<Record<string, string>> = {},
    part: PageRequest = {},
  ): Promise<readonly ProtectionGroup[]> {
    const groups = await this.near.page("protection_groups.index", part, { query });
    const owed = groups.filter((group) => group.is_primary_here && group.sync_status === "OUT OF SYNC");
    if (owed.length === 0) return groups;
    const far = await this.farOrFailure();
    if (far instanceof ApiError) return groups;
    for (const { id } of owed) {
      const delivery = await attempt(() => carry(id, this.near, far));
      if (!delivery.isDelivered && delivery.failure.isSilence) return groups;
    }
    return this.near.page("protection_groups.index", part, { query });
  }

  async #deliver(id: string, from: SiteClient, to: SiteClient): Promise<Delivery> {
    return attempt(async () => {
      const { sync } = await from.call("sync.show", { path: { id } });
      const isHeld = sync.peer_generation === sync.generation && sync.peer_digest === sync.digest;
      return isHeld ? undefined : carry(id, from, to);
    });
  }

  /** So that the far login does not wait until a name is found at the near site. What fails is met again, and told. */
  #logInFar(): void {
    const login = async () => {
      const far = await this.farOrFailure();
      if (!(far instanceof ApiError)) await far.projectId();
    };
    login().catch(() => {});
  }

  async #farView(id: string): Promise<SiteView> {
    const far = await this.farOrFailure();
    return far instanceof ApiError ? { isReachable: false, name: far.site, failure: far } : viewOf(far, id);
  }

  /** The id, undefined when the site has no such group, or that the site is silent. */
  async #idAt(client: SiteClient, name: string): Promise<string | ApiError | undefined> {
    try {
      const found = await client.all("protection_groups.index", { query: { name } });
      return found[0]?.id;
    } catch (error) {
      if (error instanceof ApiError && error.isSilence) return error;
      throw error;
    }
  }
}

/**
 * Id of a group by id or name at one site alone.
 * @throws ApiError `protection_group.not_found`
 */
export async function groupIdAt(client: SiteClient, ref: string): Promise<string> {
  if (UUID.test(ref)) return ref;
  const [found] = await client.all("protection_groups.index", { query: { name: ref } });
  if (found) return found.id;
  throw clientError("protection_group.not_found", client.name, `No protection group "${ref}" at ${client.name}.`);
}

/**
 * Takes a group's document to the peer and the peer's receipt back. Doing it again does no harm. A group of the same name
 * whose deletion the peer has not heard of is deleted there first.
 * @throws ApiError
 */
export async function carry(id: string, from: SiteClient, to: SiteClient): Promise<SyncReceipt> {
  const document = await from.call("sync.document", { path: { id } });
  try {
    return await take(document, from, to);
  } catch (error) {
    if (!hasCode(error, "protection_group.name_exists")) throw error;
    const buried = await deletedAt(
      from,
      await to.all("protection_groups.index", { query: { name: document.decided.name } }),
    );
    if (!buried) throw error;
    await take(buried, from, to);
    return take(document, from, to);
  }
}

async function take(document: SyncDocument, from: SiteClient, to: SiteClient): Promise<SyncReceipt> {
  const path = { id: document.protection_group_id };
  const receipt = await to.call("sync.update", { path, body: document });
  await from.call("sync.receipt", { path, body: receipt });
  return receipt;
}

/** The document of the first of these groups, when a site has deleted it. */
async function deletedAt(site: SiteClient, [group]: readonly ProtectionGroup[]): Promise<SyncDocument | undefined> {
  if (!group) return undefined;
  try {
    const document = await site.call("sync.document", { path: { id: group.id } });
    return document.is_deleted ? document : undefined;
  } catch (error) {
    if (hasCode(error, "protection_group.not_found")) return undefined;
    throw error;
  }
}

async function attempt<T>(
  act: () => Promise<T>,
): Promise<
  { readonly isDelivered: true; readonly receipt: T } | { readonly isDelivered: false; readonly failure: ApiError }
> {
  try {
    return { isDelivered: true, receipt: await act() };
  } catch (error) {
    if (error instanceof ApiError) return { isDelivered: false, failure: error };
    throw error;
  }
}

const UNNAMED = "client.peer_not_named";

/** Nobody said where the other site is; for reads that is a site without an answer. */
function unnamedPeer(cause: unknown): ApiError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const facts = { code: undefined, wireCode: UNNAMED, status: undefined, title: "Peer site not named" };
  return new ApiError({ ...facts, detail, site: "the peer site", silence: "unreachable" }, { cause });
}

function isUnnamed(failure: ApiError): boolean {
  return failure.failure.wireCode === UNNAMED;
}

function remoteUnreachable(site: string, failure: ApiError): ApiError {
  const detail = `${PEER_UNREACHABLE_SENTENCE} (${site}). ${failure.message}`;
  const { silence } = failure.failure;
  return clientError("peer.unreachable", site, detail, { silence, cause: failure });
}
