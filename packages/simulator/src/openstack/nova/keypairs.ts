import type { Router } from "../../http/router.ts";
import { badRequest, conflict, forbidden, notFound } from "../core/api-error.ts";
import { type Call, ok, requireAdmin } from "../core/call.ts";
import { objectAt, optionalTextAt, textAt } from "../core/json.ts";
import { microsecondsTime } from "../core/times.ts";
import type { ComputeState } from "./compute-state.ts";
import type { KeypairRecord } from "./records.ts";

/** `/os-keypairs`: key pairs belong to users; administrators may name another with `user_id` (2.10). */
export function routeKeypairs(router: Router<Call>, state: ComputeState): void {
  const userOf = (call: Call, asked: string | null | undefined): string => {
    if (asked === null || asked === undefined || asked === call.caller.userId || call.version < 10)
      return call.caller.userId;
    requireAdmin(call, "os_compute_api:os-keypairs:show");
    return asked;
  };
  const require = (call: Call, name: string): KeypairRecord => {
    const keypair = state.keypairs.get(`${userOf(call, call.query.get("user_id"))} ${name}`);
    if (!keypair) throw notFound(`Keypair ${name} not found for user ${userOf(call, call.query.get("user_id"))}`);
    return keypair;
  };
  router
    .on("GET", "/os-keypairs", (call) => {
      const userId = userOf(call, call.query.get("user_id"));
      const own = [...state.keypairs.values()].filter((keypair) => keypair.userId === userId);
      return ok({ keypairs: own.map((keypair) => ({ keypair: keypairView(keypair, call, false) })) });
    })
    .on("GET", "/os-keypairs/:name", (call, { name = "" }) =>
      ok({ keypair: keypairView(require(call, name), call, true) }),
    )
    .on("POST", "/os-keypairs", (call) => {
      const asked = objectAt(call.body, "keypair");
      const userId = userOf(call, optionalTextAt(asked, "user_id"));
      const keypair = importKeypair(state, userId, {
        name: textAt(asked, "name"),
        publicKey: optionalTextAt(asked, "public_key"),
        type: (call.version >= 2 && optionalTextAt(asked, "type")) || "ssh",
      });
      return {
        status: call.version >= 2 ? 201 : 200,
        body: { keypair: { ...keypairView(keypair, call, false), user_id: keypair.userId } },
      };
    })
    .on("DELETE", "/os-keypairs/:name", (call, { name = "" }) => {
      const keypair = require(call, name);
      state.keypairs.delete(`${keypair.userId} ${keypair.name}`);
      return { status: call.version >= 2 ? 204 : 202 };
    });
}

/** @throws ApiError 400 for a bad key, 403 over quota, 409 for a name in use. */
export function importKeypair(
  state: ComputeState,
  userId: string,
  asked: { readonly name: string; readonly publicKey: string | undefined; readonly type: string },
): KeypairRecord {
  const key = `${userId} ${asked.name}`;
  if (state.keypairs.has(key)) throw conflict(`Key pair '${asked.name}' already exists.`);
  const publicKey = asked.publicKey ?? `ssh-rsa AAAA${state.environment.hexId()} generated`;
  if (asked.type === "ssh" && !/^(ssh-|ecdsa-|sk-)\S+ \S+/.test(publicKey)) {
    throw badRequest("Keypair data is invalid: failed to generate fingerprint");
  }
  const own = state.keypairs
    .values()
    .filter((keypair) => keypair.userId === userId)
    .toArray().length;
  if (own >= 100) throw forbidden("Quota exceeded, too many key pairs.");
  const digest = Buffer.from(publicKey).toString("hex").padEnd(32, "0").slice(-32);
  const fingerprint = digest.match(/../g)?.join(":") ?? "";
  const keypair = {
    name: asked.name,
    userId,
    type: asked.type,
    publicKey,
    fingerprint,
    createdAt: state.environment.now(),
  };
  state.keypairs.set(key, keypair);
  return keypair;
}

const keypairView = (keypair: KeypairRecord, call: Call, isDetailed: boolean) => ({
  name: keypair.name,
  public_key: keypair.publicKey,
  fingerprint: keypair.fingerprint,
  ...(call.version >= 2 && { type: keypair.type }),
  ...(isDetailed && {
    user_id: keypair.userId,
    id: 1,
    created_at: microsecondsTime(keypair.createdAt),
    deleted: false,
    deleted_at: null,
    updated_at: null,
  }),
});
