import { ProtectorError } from "@protector/contract";
import type { Cloud } from "@protector/openstack";
import { type Clock, OutsideError, type Random } from "@protector/ports";
import { flag, readTime, writeJson, writeTime } from "../db/codecs.ts";
import type { DatabaseConnection } from "../db/connection.ts";
import {
  deleteTrust,
  insertTrust,
  listUsableTrusts,
  madeTrust,
  needTrust,
  type TrustRow,
} from "../db/repositories/trusts.ts";
import { endForgottenTrust } from "./forgotten-trusts.ts";

/** Another request that relies on a trust within this time needs no note of it. ms */
const NEED_NOTED_MS = 60_000;

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
    if (await this.#relyOn(usable.filter(({ user_id }) => user_id === caller.userId))) return;
    const refusal = this.#refusal(caller, projectId);
    if (refusal === undefined) return this.#delegate(caller, { projectId, requestId });
    if (await this.#relyOn(usable)) return;
    throw new ProtectorError("trust.login_required", refusal);
  }

  /** @returns false when none of them is there any more. */
  async #relyOn(trusts: readonly TrustRow[]): Promise<boolean> {
    const { database, clock } = this.#ports;
    for (const { id, needed_at } of trusts) {
      if (clock.now() - readTime(needed_at) < NEED_NOTED_MS) return true;
      if (await needTrust(database.db, id, clock.now())) return true;
    }
    return false;
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

  /** The row is there before the trust: one whose answer is lost is ended later. */
  async #delegate(
    caller: Delegator,
    { projectId, requestId }: { readonly projectId: string; readonly requestId: string },
  ): Promise<void> {
    const { database, clock, random } = this.#ports;
    const id = random.uuid();
    const roles = this.#rolesOf(caller);
    const { identity } = this.#ports.asCaller(caller.token, projectId, requestId);
    const callersTrusts = {
      list: () => identity.listTrusts({ trustorUserId: caller.userId }),
      end: (trustId: string) => identity.deleteTrust(trustId),
    };
    await refusals(async () => {
      const before = await callersTrusts.list();
      const now = writeTime(clock.now());
      const row = {
        id,
        project_id: projectId,
        user_id: caller.userId,
        trust_id: null,
        known_before: writeJson(before.map((trust) => trust.id)),
        roles: writeJson(roles),
        state: "making" as const,
        is_usable: flag(false),
        created_at: now,
        needed_at: now,
        checked_at: null,
      };
      const trusteeUserId = await this.#ports.trustee();
      await insertTrust(database.db, row);
      try {
        const wanted = { trustorUserId: caller.userId, trusteeUserId, projectId, roleNames: roles };
        await madeTrust(database.db, id, (await identity.createTrust(wanted)).id);
      } catch (cause) {
        if (!(cause instanceof OutsideError)) throw cause;
        if (cause.failure.effect === "none") await deleteTrust(database.db, id);
        // What cannot be found out now an engine finds out later.
        else await endForgottenTrust(database.db, row, { ...callersTrusts, trusteeUserId }).catch(() => {});
        throw cause;
      }
    });
  }
}

/** Keystone's refusals as the API tells them. */
async function refusals<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof OutsideError)) throw cause;
    const { status, detail } = cause.failure;
    if (status === undefined || status >= 500) {
      throw new ProtectorError("authentication.unavailable", `Keystone made no trust: ${detail}`, { cause });
    }
    throw new ProtectorError("trust.login_required", `Keystone refused the trust: ${detail}`, { cause });
  }
}
