import { type CreateReplicationPolicy, type FieldProblem, ProtectorError } from "@protector/contract";
import type { ReplicationPolicyRow } from "../../db/repositories/replication-policies.ts";
import type { Db } from "../../db/transaction.ts";
import type { ApiPorts, ApiSettings } from "../ports.ts";

export type WhichArray = "primary" | "secondary";

/** How a policy names one of its arrays. */
export interface ArrayChoice {
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly backend: string | undefined;
}

export function arrayChoice(policy: CreateReplicationPolicy, which: WhichArray): ArrayChoice {
  return {
    url: policy[`${which}_fa_url`],
    token: policy[`${which}_fa_api_token`],
    backend: policy[`${which}_backend`],
  };
}

/**
 * Each array is named once: by URL and token, or by a backend.
 * @param current the policy that is updated; what it has need not be said again.
 * @throws ProtectorError `request.invalid`, `policy.array_refused`, `policy.backend_unknown`.
 */
export function requireArrays(
  wanted: CreateReplicationPolicy,
  settings: ApiSettings,
  current?: ReplicationPolicyRow,
): void {
  const problems = (["primary", "secondary"] as const).flatMap((which) =>
    problemsOf(arrayChoice(wanted, which), { which, current }),
  );
  if (problems.length > 0) {
    const text = problems.map(({ field, problem }) => `${field} ${problem}`).join("; ");
    throw new ProtectorError("request.invalid", `The policy is not valid: ${text}.`, { facts: { fields: problems } });
  }
  for (const which of ["primary", "secondary"] as const) {
    const { url, backend } = arrayChoice(wanted, which);
    if (url !== undefined && !settings.isArrayUrlAllowed(url)) {
      throw new ProtectorError("policy.array_refused", `${which}_fa_url ${url} is not in [storage] array_networks.`);
    }
    if (backend !== undefined && !settings.storageBackends.includes(backend)) {
      const known = settings.storageBackends.join(", ") || "none";
      throw new ProtectorError(
        "policy.backend_unknown",
        `${which}_backend ${backend} is not enabled; enabled: ${known}.`,
      );
    }
  }
}

function problemsOf(
  { url, token, backend }: ArrayChoice,
  { which, current }: { readonly which: WhichArray; readonly current: ReplicationPolicyRow | undefined },
): readonly FieldProblem[] {
  const at = (name: string) => `policy.${which}_${name}`;
  if (backend !== undefined) {
    if (url === undefined && token === undefined) return [];
    return [{ field: at("backend"), problem: "stands in the place of URL and token: give one of the two" }];
  }
  const isKnown =
    current !== undefined && (current[`${which}_backend`] !== null || current[`${which}_fa_url`] !== null);
  if (url === undefined && token === undefined) {
    return isKnown ? [] : [{ field: at("fa_url"), problem: `is missing (or ${which}_backend)` }];
  }
  const hasUrl = url !== undefined || (current?.[`${which}_fa_url`] ?? null) !== null;
  const hasToken = token !== undefined || (url === undefined && current !== undefined);
  // A kept token must not be sent to a new address.
  if (!hasToken) return [{ field: at("fa_api_token"), problem: "is missing" }];
  return hasUrl ? [] : [{ field: at("fa_url"), problem: "is missing" }];
}

/** What is stored of a choice; a token goes into the secret store. */
export async function arrayRow(
  { secrets, clock }: ApiPorts,
  db: Db,
  choice: ArrayChoice,
  current: { readonly url: string | null; readonly tokenSecretId: string | null } = { url: null, tokenSecretId: null },
): Promise<{ readonly url: string | null; readonly tokenSecretId: string | null; readonly backend: string | null }> {
  if (choice.backend !== undefined) return { url: null, tokenSecretId: null, backend: choice.backend };
  const tokenSecretId =
    choice.token === undefined
      ? current.tokenSecretId
      : await secrets.put(db, { purpose: "array_token", text: choice.token }, clock.now());
  return { url: choice.url ?? current.url, tokenSecretId, backend: null };
}
