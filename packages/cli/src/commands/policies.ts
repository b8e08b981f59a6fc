import { deletePolicy } from "@protector/client";
import type { ReplicationPolicy, UpdateReplicationPolicy } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { finish } from "../follow.ts";
import { natural, positive } from "../global-options.ts";
import type { Column } from "../output/column.ts";
import { type Act, yields } from "./command.ts";
import { atSite, readingSite, type SiteOption } from "./find.ts";
import { KEY_OPTION, keyOf } from "./idempotency.ts";
import { OPERATION_COLUMNS } from "./operation-columns.ts";

const RECORD: readonly Column<ReplicationPolicy>[] = [
  { name: "id" },
  { name: "primary_fa_url" },
  { name: "has_primary_fa_api_token" },
  { name: "primary_backend" },
  { name: "secondary_fa_url" },
  { name: "has_secondary_fa_api_token" },
  { name: "secondary_backend" },
  { name: "pod" },
  { name: "replication_interval", cell: (policy) => `${policy.replication_interval} s` },
  { name: "rpo_minutes" },
  { name: "rto_minutes" },
  { name: "retention", cell: ({ retention }) => retentionText(retention) },
  { name: "created_at", isTime: true },
  { name: "updated_at", isTime: true },
];

function retentionText({ all_for_seconds, per_day, days }: ReplicationPolicy["retention"]): string {
  return `all for ${all_for_seconds} s, then ${per_day} a day for ${days} days`;
}

interface PolicyOptions {
  readonly idempotencyKey?: string;
  readonly primaryFaUrl?: string;
  readonly primaryFaApiToken?: string;
  readonly secondaryFaUrl?: string;
  readonly secondaryFaApiToken?: string;
  readonly primaryBackend?: string;
  readonly secondaryBackend?: string;
  readonly pod?: string;
  readonly replicationInterval?: number;
  readonly rpoMinutes?: number;
  readonly rtoMinutes?: number;
  readonly keepAllFor?: number;
  readonly keepPerDay?: number;
  readonly keepDays?: number;
}

/** `protector protection-group policy-…`, and the same as `protector policy …`. */
export function addPolicyCommands(program: Command, groups: Command, act: Act): void {
  const policies = program.command("policy").description("replication policies of protection groups");
  addVerbs(policies, "", act);
  addVerbs(groups, "policy-", act);
}

function addVerbs(parent: Command, prefix: "" | "policy-", act: Act): void {
  atSite(yields(parent.command(`${prefix}show`), "record", RECORD))
    .argument("<group>", "name or id")
    .description("show the replication policy; tokens are never shown")
    .action((ref: string, options: SiteOption) =>
      act(async (context) => {
        const { client, id } = await readingSite(context, ref, options);
        context.printer.record((await client.call("policies.show", { path: { id } })).policy, RECORD);
      }),
    );
  withPolicy(yields(parent.command(`${prefix}create`), "record", RECORD))
    .argument("<group>", "name or id")
    .option(...KEY_OPTION)
    .description("create the replication policy and set up replication")
    .action((ref: string, options: PolicyOptions) => act((context) => write(context, { ref, options, isNew: true })));
  withPolicy(yields(parent.command(`${prefix}update`), "record", RECORD))
    .argument("<group>", "name or id")
    .description("change the replication policy and bring the arrays to it")
    .action((ref: string, options: PolicyOptions) => act((context) => write(context, { ref, options, isNew: false })));
  yields(parent.command(`${prefix}delete`), "record", OPERATION_COLUMNS)
    .argument("<group>", "name or id")
    .description("delete the replication policy of a group without members, and what it set up on the arrays")
    .action((ref: string) => act((context) => remove(context, ref)));
}

function withPolicy(command: Command): Command {
  return command
    .option("--primary-fa-url <url>", "FlashArray at the group's home site")
    .option("--primary-fa-api-token <token>", "its API token (better: PROTECTOR_PRIMARY_FA_API_TOKEN)")
    .option("--secondary-fa-url <url>", "FlashArray at the other site")
    .option("--secondary-fa-api-token <token>", "its API token (better: PROTECTOR_SECONDARY_FA_API_TOKEN)")
    .option("--primary-backend <section>", "section of protector.conf instead of URL and token")
    .option("--secondary-backend <section>", "section of protector.conf instead of URL and token")
    .option("--pod <name>", "of a sync group: the pod of its volumes; default cinder-pod")
    .option("--replication-interval <seconds>", "time between recovery points", positive)
    .option("--rpo-minutes <minutes>", "largest data loss that is accepted", positive)
    .option(
      "--rto-minutes <minutes>",
      "longest recovery that is accepted; reports hold tests and failovers against it",
      positive,
    )
    .option("--keep-all-for <seconds>", "keep every recovery point for this long", positive)
    .option("--keep-per-day <count>", "then keep this many a day", natural)
    .option("--keep-days <days>", "for this many days", natural);
}

interface WriteRequest {
  readonly ref: string;
  readonly options: PolicyOptions;
  readonly isNew: boolean;
}

async function write(context: CommandContext, { ref, options, isNew }: WriteRequest): Promise<void> {
  const { value, client } = await context.sites.change(ref, async (primary, id) => {
    const asked = () => primary.call("policies.show", { path: { id } });
    const current = isNew ? undefined : (await asked()).policy.retention;
    const policy = policyOf(options, { env: context.host.env, current });
    if (Object.keys(policy).length === 0) throw new UsageError("The policy says nothing: name an option.");
    const request = { path: { id }, body: { policy } };
    return isNew
      ? primary.call("policies.create", { ...request, ...keyOf(options) })
      : primary.call("policies.update", request);
  });
  const { protection_group_id: groupId } = value.policy;
  await finish(context, { operation: value.operation, client }, groupId);
  context.printer.record(value.policy, RECORD);
}

async function remove(context: CommandContext, ref: string): Promise<void> {
  const running = await deletePolicy(context.sites, ref);
  const operation = await finish(context, running, running.operation.protection_group_id);
  context.printer.record(operation, OPERATION_COLUMNS);
}

interface PolicySources {
  readonly env: CommandContext["host"]["env"];
  /** Retention as it is: what is not named stays. */
  readonly current: ReplicationPolicy["retention"] | undefined;
}

function policyOf(options: PolicyOptions, { env, current }: PolicySources): UpdateReplicationPolicy {
  const primaryToken = options.primaryFaApiToken ?? env.PROTECTOR_PRIMARY_FA_API_TOKEN;
  const secondaryToken = options.secondaryFaApiToken ?? env.PROTECTOR_SECONDARY_FA_API_TOKEN;
  const values = {
    primary_fa_url: options.primaryFaUrl,
    // A token in the environment belongs to a URL that is named with it.
    primary_fa_api_token: options.primaryFaApiToken ?? (options.primaryFaUrl ? primaryToken : undefined),
    secondary_fa_url: options.secondaryFaUrl,
    secondary_fa_api_token: options.secondaryFaApiToken ?? (options.secondaryFaUrl ? secondaryToken : undefined),
    primary_backend: options.primaryBackend,
    secondary_backend: options.secondaryBackend,
    pod: options.pod,
    replication_interval: options.replicationInterval,
    rpo_minutes: options.rpoMinutes,
    rto_minutes: options.rtoMinutes,
    retention: retentionOf(options, current),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function retentionOf(
  { keepAllFor, keepPerDay, keepDays }: PolicyOptions,
  current: PolicySources["current"],
): ReplicationPolicy["retention"] | undefined {
  if (keepAllFor === undefined && keepPerDay === undefined && keepDays === undefined) return undefined;
  const all_for_seconds = keepAllFor ?? current?.all_for_seconds;
  const per_day = keepPerDay ?? current?.per_day;
  const days = keepDays ?? current?.days;
  if (all_for_seconds === undefined || per_day === undefined || days === undefined)
    throw new UsageError("Retention needs --keep-all-for, --keep-per-day and --keep-days together.");
  return { all_for_seconds, per_day, days };
}
