import { ProtectorError } from "@protector/contract";
import type { Cloud } from "@protector/openstack";
import { type Clock, OutsideError, type Random } from "@protector/ports";
import { flag, writeJson, writeTime } from "../db/codecs.ts";
import type { DatabaseConnection } from "../db/connection.ts";
import { insertTrust, listUsableTrusts } from "../db/repositories/trusts.ts";

/** Whoever asks for work that outlives his token. */
export interface Delegator {
  readonly userId: string;
  readonly userName: string;
  /** Undefined for tokens that are not of a project. */
  readonly projectId: string | undefined;
  readonly roles: readonly string[];
  /** False for restricted application credentials and for tokens of a trust: Keystone lets them delegate nothing. */
  readonly canDelegate: boolean;
  /** The token itself: a trust can be made with nothing else. Never logged. */
  readonly token: string;
}

/** What making a trust needs from outside. */
export interface TrustPorts {
  readonly database: DatabaseConnection;
  readonly clock: Clock;
  readonly random: Random;
  /** `[service_credentials] default_trust_roles`. */
  readonly defaultRoles: readonly string[];
  /** User id of this site's service user. */
  trustee(): Promise<string>;
  /** A session with the caller's own token. */
  asCaller(token: string, projectId: string, requestId: string): Cloud;
}

/** Roles that users have delegated to this site's service user, so that engines can act for them later. */
export class Trusts {
  readonly #ports: TrustPorts;

  constructor(ports: TrustPorts) {
    this.#ports = ports;
  }

  /**
   * Makes sure that work for the project can go on without the caller: makes a trust when he has none.
   * @throws ProtectorError `trust.login_required` when his token cannot and nobody else's trust of the project works;
   * `authentication.unavailable` when Keystone does not answer.
   */
  async ensure(caller: Delegator, projectId: string, requestId: string): Promise<void> {
    const usable = await listUsableTrusts(this.#ports.database.db, { projectId });
    if (usable.some(({ user_id }) => user_id === caller.userId)) return;
    const refusal = this.#refusal(caller, projectId);
    if (refusal === undefined) return this.#delegate(caller, projectId, requestId);
    if (usable.length > 0) return;
    throw new ProtectorError("trust.login_required", refusal);
  }

  #refusal(caller: Delegator, projectId: string): string | undefined {
    const who = `User "${caller.userName}" cannot delegate roles to Protector`;
    if (!caller.canDelegate) return `${who}: the token is of an application credential or of a trust.`;
    if (caller.projectId !== projectId) return `${who}: the token is not of project ${projectId}.`;
    if (this.#rolesOf(caller).length > 0) return undefined;
    return `${who}: of the roles ${this.#ports.defaultRoles.join(", ")} ([service_credentials] default_trust_roles) the token has none.`;
  }

  /** A role that the user does not have, or that the cloud does not know, fails the whole call. */
  #rolesOf(caller: Delegator): readonly string[] {
    const held = new Set(caller.roles.map((role) => role.toLowerCase()));
    return this.#ports.defaultRoles.filter((role) => held.has(role.toLowerCase()));
  }

  async #delegate(caller: Delegator, projectId: string, requestId: string): Promise<void> {
    const { database, clock, random } = this.#ports;
    const roles = this.#rolesOf(caller);
    const trustId = await this.#create(caller, { projectId, requestId, roles });
    await insertTrust(database.db, {
      id: random.uuid(),
      project_id: projectId,
      user_id: caller.userId,
      trust_id: trustId,
      roles: writeJson(roles),
      is_usable: flag(true),
      created_at: writeTime(clock.now()),
      checked_at: null,
    });
  }

  async #create(
    caller: Delegator,
    request: { readonly projectId: string; readonly requestId: string; readonly roles: readonly string[] },
  ): Promise<string> {
    try {
      const trusteeUserId = await this.#ports.trustee();
      const cloud = this.#ports.asCaller(caller.token, request.projectId, request.requestId);
      const trust = await cloud.identity.createTrust({
        trustorUserId: caller.userId,
        trusteeUserId,
        projectId: request.projectId,
        roleNames: request.roles,
      });
      return trust.id;
    } catch (cause) {
      if (!(cause instanceof OutsideError)) throw cause;
      const { status, detail } = cause.failure;
      if (status === undefined || status >= 500) {
        throw new ProtectorError("authentication.unavailable", `Keystone made no trust: ${detail}`, { cause });
      }
      throw new ProtectorError("trust.login_required", `Keystone refused the trust: ${detail}`, { cause });
    }
  }
}
