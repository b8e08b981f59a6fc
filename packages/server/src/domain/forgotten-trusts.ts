import type { Trust } from "@protector/openstack";
import type { Selectable } from "kysely";
import { readJson } from "../db/codecs.ts";
import { deleteTrust, knownTrustIds } from "../db/repositories/trusts.ts";
import type { TrustsTable } from "../db/schema.ts";
import type { Db } from "../db/transaction.ts";

/** Trusts at Keystone, and who may end them. */
export interface TrustsThere {
  /** Trusts from a user or to one. */
  list(): Promise<readonly Trust[]>;
  /** Ends one of them. */
  end(id: string): Promise<void>;
  /** User id of this site's service user. */
  readonly trusteeUserId: string;
}

/** A trust that was asked for, and whose answer was lost. */
export type ForgottenTrust = Pick<Selectable<TrustsTable>, "id" | "user_id" | "project_id" | "known_before">;

/**
 * Ends the trust that Keystone may have made of a request whose answer was lost: trusts have no name, but it is none of
 * those that the user had before and none that this site knows.
 */
export async function endForgottenTrust(db: Db, forgotten: ForgottenTrust, there: TrustsThere): Promise<void> {
  const before = forgotten.known_before === null ? [] : readJson(forgotten.known_before);
  const known = new Set([...before, ...(await knownTrustIds(db, forgotten.user_id))]);
  const made = (await there.list()).filter(
    ({ id, trustorUserId, trusteeUserId, projectId }) =>
      trustorUserId === forgotten.user_id &&
      trusteeUserId === there.trusteeUserId &&
      projectId === forgotten.project_id &&
      !known.has(id),
  );
  for (const { id } of made) await there.end(id);
  await deleteTrust(db, forgotten.id);
}
