import { type CreateReplicationPolicy, ProtectorError } from "@protector/contract";
import type { Transaction } from "kysely";
import { writeJson, writeTime } from "../../db/codecs.ts";
import type { ProtectionGroupView } from "../../db/repositories/protection-groups.ts";
import {
  findReplicationPolicy,
  insertReplicationPolicy,
  type ReplicationPolicyRow,
  updateReplicationPolicy,
} from "../../db/repositories/replication-policies.ts";
import type { Database } from "../../db/schema.ts";
import type { Db } from "../../db/transaction.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { requireChangeable, requireGroup } from "../../domain/group-guards.ts";
import { requirePolicyUnused } from "../../domain/policy-use.ts";
import { audit } from "../audit.ts";
import { arrayChoice, arrayRow, requireArrays } from "../changes/policy-arrays.ts";
import { podOfPolicy, requireSamePod } from "../changes/policy-pod.ts";
import { startOperation } from "../changes/start-operation.ts";
import type { Call, Handlers } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";
import { policyView } from "../views/policy.ts";

/** s; a point every quarter of an hour suits most tenants and every array. */
const DEFAULT_INTERVAL = 900;
const DEFAULT_RPO_MINUTES = 30;
const DEFAULT_RETENTION = { all_for_seconds: 86_400, per_day: 4, days: 7 };

const CHANGEABLE = ["creating", "active", "failed_over", "failed_over_partial", "error"] as const;

/** Statuses in which a group is at home, so that the policy's primary array is the one that it is on. */
const AT_HOME = ["creating", "active", "error"] as const;

type Names = "policies.show" | "policies.create" | "policies.update" | "policies.delete";

export function policyHandlers(ports: ApiPorts): Handlers<Names> {
  const { database } = ports;
  const read = async (path: { readonly id: string; readonly project_id: string }) => {
    const group = await requireGroup(database.db, path);
    return policyView(await requirePolicy(database.db, group));
  };
  return {
    "policies.show": async ({ path }) => ({ body: { policy: await read(path) } }),
    "policies.create": async (call) => {
      const { operation, location } = await startCreation(ports, call);
      return { body: { policy: await read(call.path), operation }, location };
    },
    "policies.update": async (call) => {
      const { operation, location } = await startUpdate(ports, call);
      return { body: { policy: await read(call.path), operation }, location };
    },
    "policies.delete": async (call) => {
      const { operation, location } = await startDeletion(ports, call);
      return { body: { operation }, location };
    },
  };
}

async function requirePolicy(db: Db, group: ProtectionGroupView): Promise<ReplicationPolicyRow> {
  const policy = await findReplicationPolicy(db, group.id);
  if (!policy) {
    throw new ProtectorError("policy.not_found", `Protection group "${group.name}" has no replication policy.`);
  }
  return policy;
}

function startCreation(ports: ApiPorts, call: Call<"policies.create">) {
  const { identity, clock, random, settings } = ports;
  const { generation, ...wanted } = call.body.policy;
  return startOperation(ports, {
    call,
    type: "group_create",
    parameters: {},
    check: async (db, group, holder) => {
      requireArrays(wanted, settings);
      podOfPolicy(group, wanted.pod);
      if (await findReplicationPolicy(db, group.id)) {
        throw new ProtectorError("policy.exists", `Protection group "${group.name}" has a replication policy.`);
      }
      const rule = { localSiteId: identity.siteId, statuses: ["creating", "error"] as const, generation, holder };
      await requireChangeable(db, group, rule);
    },
    apply: async (transaction, group, operationId) => {
      const now = writeTime(clock.now());
      const primary = await arrayRow(ports, transaction, arrayChoice(wanted, "primary"));
      const secondary = await arrayRow(ports, transaction, arrayChoice(wanted, "secondary"));
      await insertReplicationPolicy(transaction, {
        id: random.uuid(),
        protection_group_id: group.id,
        primary_fa_url: primary.url,
        primary_token_secret_id: primary.tokenSecretId,
        primary_backend: primary.backend,
        secondary_fa_url: secondary.url,
        secondary_token_secret_id: secondary.tokenSecretId,
        secondary_backend: secondary.backend,
        pod: podOfPolicy(group, wanted.pod),
        replication_interval: wanted.replication_interval ?? DEFAULT_INTERVAL,
        rpo_minutes: wanted.rpo_minutes ?? DEFAULT_RPO_MINUTES,
        rto_minutes: wanted.rto_minutes ?? null,
        retention: writeJson(wanted.retention ?? DEFAULT_RETENTION),
        created_at: now,
        updated_at: now,
      });
      await finish(ports, transaction, { call, group, operationId, action: "policies.create", wanted });
    },
  });
}

function startUpdate(ports: ApiPorts, call: Call<"policies.update">) {
  const { identity, clock, settings, secrets } = ports;
  const { generation, ...wanted } = call.body.policy;
  return startOperation(ports, {
    call,
    type: "group_create",
    parameters: { is_update: true },
    check: async (db, group, holder) => {
      const policy = await requirePolicy(db, group);
      requireArrays(wanted, settings, policy);
      await requireSamePod(db, { group, policy }, wanted.pod);
      await requireChangeable(db, group, { localSiteId: identity.siteId, statuses: CHANGEABLE, generation, holder });
    },
    apply: async (transaction, group, operationId) => {
      const policy = await requirePolicy(transaction, group);
      const replaced: string[] = [];
      const arrays = {};
      for (const which of ["primary", "secondary"] as const) {
        const choice = arrayChoice(wanted, which);
        if (!choice.url && !choice.token && !choice.backend) continue;
        const old = policy[`${which}_token_secret_id`];
        const row = await arrayRow(ports, transaction, choice, {
          url: policy[`${which}_fa_url`],
          tokenSecretId: old,
        });
        if (old !== null && old !== row.tokenSecretId) replaced.push(old);
        Object.assign(arrays, {
          [`${which}_fa_url`]: row.url,
          [`${which}_token_secret_id`]: row.tokenSecretId,
          [`${which}_backend`]: row.backend,
        });
      }
      const { pod, replication_interval, rpo_minutes, rto_minutes, retention } = wanted;
      await updateReplicationPolicy(transaction, group.id, {
        ...arrays,
        ...(pod === undefined ? {} : { pod }),
        ...(replication_interval === undefined ? {} : { replication_interval }),
        ...(rpo_minutes === undefined ? {} : { rpo_minutes }),
        ...(rto_minutes === undefined ? {} : { rto_minutes }),
        ...(retention === undefined ? {} : { retention: writeJson(retention) }),
        updated_at: writeTime(clock.now()),
      });
      for (const id of replaced) await secrets.remove(transaction, id);
      await finish(ports, transaction, { call, group, operationId, action: "policies.update", wanted });
    },
  });
}

function startDeletion(ports: ApiPorts, call: Call<"policies.delete">) {
  return startOperation(ports, {
    call,
    type: "policy_delete",
    parameters: {},
    check: async (db, group, holder) => {
      await requirePolicy(db, group);
      await requireChangeable(db, group, { localSiteId: ports.identity.siteId, statuses: AT_HOME, holder });
      await requirePolicyUnused(db, { id: group.id, name: group.name, memberCount: group.member_count });
    },
    apply: async (transaction, group, operationId) => {
      const event = { action: "policies.delete", targetType: "protection_group", targetId: group.id };
      await audit(ports, transaction, { call, ...event, detail: { operation_id: operationId } });
    },
  });
}

interface PolicyChange {
  readonly call: Call<"policies.create"> | Call<"policies.update">;
  readonly group: ProtectionGroupView;
  readonly operationId: string;
  readonly action: string;
  readonly wanted: CreateReplicationPolicy;
}

/** Counts the change and writes it down, without the tokens. */
async function finish(ports: ApiPorts, transaction: Transaction<Database>, change: PolicyChange): Promise<void> {
  const { call, group, operationId, action, wanted } = change;
  const { identity, clock } = ports;
  const counted = { groupId: group.id, localSiteId: identity.siteId, now: clock.now(), expected: group.generation };
  await raiseGeneration(transaction, counted);
  const { primary_fa_api_token, secondary_fa_api_token, ...shown } = wanted;
  const detail = {
    ...shown,
    is_primary_token_set: primary_fa_api_token !== undefined,
    is_secondary_token_set: secondary_fa_api_token !== undefined,
    operation_id: operationId,
  };
  const event = { action, targetType: "protection_group", targetId: group.id, detail };
  await audit(ports, transaction, { call, ...event });
}
