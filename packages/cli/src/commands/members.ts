import type { PageRequest, SiteClient } from "@protector/client";
import type { AddMember, Member, Operation, UpdateMember } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { finish } from "../follow.ts";
import { collect, natural } from "../global-options.ts";
import type { Column } from "../output/column.ts";
import { type Act, yields } from "./command.ts";
import { atSite, findMember, readingSite, requireServerId, type SiteOption } from "./find.ts";
import { gateText, readGate } from "./gates.ts";
import { KEY_OPTION, keyOf } from "./idempotency.ts";
import { OPERATION_COLUMNS, OPERATION_LIST } from "./operation-columns.ts";
import { paged } from "./paging.ts";

const LIST: readonly Column<Member>[] = [
  { name: "id" },
  { name: "name" },
  { name: "status" },
  { name: "tier" },
  { name: "is_critical" },
  { name: "home_server_id", isMinor: true },
  { name: "peer_server_id", isMinor: true },
  { name: "error", cell: ({ error }) => error?.detail },
];

const RECORD: readonly Column<Member>[] = [
  { name: "id" },
  { name: "name" },
  { name: "status" },
  { name: "error", cell: ({ error }) => (error ? `${error.detail} (${error.code})` : null) },
  { name: "home_server_id" },
  { name: "peer_server_id" },
  { name: "tier" },
  { name: "depends_on", cell: (member) => member.depends_on.join(", ") },
  { name: "delay_seconds" },
  { name: "is_critical" },
  { name: "user_data" },
  { name: "gate", cell: ({ gate }) => gate && gateText(gate) },
  { name: "flavor", cell: ({ description }) => description?.flavor.name },
  { name: "volumes", cell: ({ description }) => description?.volumes.map(volumeText).join("\n") },
  { name: "ports", cell: ({ description }) => description?.ports.map(portText).join("\n") },
  { name: "not_carried" },
  { name: "captured_at", isTime: true },
  { name: "created_at", isTime: true },
];

type Volume = NonNullable<Member["description"]>["volumes"][number];
type Port = NonNullable<Member["description"]>["ports"][number];

const volumeText = (volume: Volume) =>
  `${volume.name || volume.volume_id}, ${volume.size_gib} GiB, ${volume.volume_type}${volume.is_root ? ", root" : ""}`;
const portText = (port: Port) => `${port.mac_address} ${port.fixed_ips.map((ip) => ip.address).join(" ")}`.trimEnd();

interface OrderOptions {
  readonly tier?: number;
  readonly dependsOn?: readonly string[];
  readonly delay?: number;
  readonly critical?: boolean;
  readonly userData?: "keep" | "drop";
  readonly gate?: string;
  readonly gateTimeout?: number;
}

/** `protector member …` */
export function addMemberCommands(program: Command, act: Act): void {
  const members = program.command("member").description("servers of a protection group");
  withOrder(yields(members.command("add"), "list", OPERATION_LIST))
    .argument("<group>", "name or id")
    .argument("<server...>", "names or ids of servers at the primary site")
    .option(...KEY_OPTION)
    .description("protect servers")
    .action((ref: string, servers: string[], options: AddOptions) =>
      act((context) => addMembers(context, { ref, servers, options })),
    );
  paged(atSite(yields(members.command("list"), "list", LIST)))
    .argument("<group>", "name or id")
    .description("list the members of a group")
    .action((ref: string, options: SiteOption & PageRequest) =>
      act(async (context) => {
        const { client, id } = await readingSite(context, ref, options);
        context.printer.list(await client.page("members.index", options, { path: { id } }), LIST);
      }),
    );
  atSite(yields(members.command("show"), "record", RECORD))
    .argument("<group>", "name or id")
    .argument("<member>", "name, id or server id")
    .description("show a member with its captured description")
    .action((ref: string, member: string, options: SiteOption) =>
      act(async (context) => {
        const { client, id } = await readingSite(context, ref, options);
        context.printer.record(await findMember(client, id, member), RECORD);
      }),
    );
  withOrder(yields(members.command("set"), "record", RECORD))
    .argument("<group>", "name or id")
    .argument("<member>", "name, id or server id")
    .description("change start order and user data")
    .action((ref: string, member: string, options: OrderOptions) =>
      act((context) => setMember(context, { ref, member, options })),
    );
  yields(members.command("update"), "record", OPERATION_COLUMNS)
    .argument("<group>", "name or id")
    .argument("[member...]", "names, ids or server ids; default: every member")
    .option("--accept-drift", "take volumes, NICs and flavor as they are on the servers now")
    .option(...KEY_OPTION)
    .description("accept what has changed on servers since they were protected")
    .action((ref: string, refs: string[], options: UpdateOptions) =>
      act((context) => updateMembers(context, { ref, refs, options })),
    );
  yields(members.command("remove"), "list", OPERATION_LIST)
    .argument("<group>", "name or id")
    .argument("<member...>", "names, ids or server ids")
    .description("stop protecting servers; the servers are not touched")
    .action((ref: string, refs: string[]) => act((context) => removeMembers(context, ref, refs)));
}

function withOrder(command: Command): Command {
  return command
    .option("--tier <number>", "lower tiers start first and stop last", natural)
    .option("--depends-on <member>", "member that has to be ready before; may be repeated", collect)
    .option("--delay <seconds>", "wait after what it depends on is ready", natural)
    .option("--critical", "its failure stops the whole recovery")
    .option("--no-critical", "its failure stops only what depends on it")
    .option("--user-data <keep|drop>", "whether a rebuilt server gets the captured user data")
    .option("--gate <gate>", "ready when: active, console:TEXT, tcp:PORT, http:PORT/PATH or https:PORT/PATH")
    .option("--gate-timeout <seconds>", "longest wait for the gate after ACTIVE; default 600", natural);
}

async function orderOf(
  { tier, dependsOn, delay, critical, userData, gate, gateTimeout }: OrderOptions,
  { client, id }: { readonly client: SiteClient; readonly id: string },
): Promise<Omit<AddMember, "server_id">> {
  if (userData !== undefined && userData !== "keep" && userData !== "drop")
    throw new UsageError("--user-data knows: keep, drop");
  const depends_on: string[] = [];
  for (const ref of dependsOn ?? []) depends_on.push((await findMember(client, id, ref)).id);
  return {
    ...(tier === undefined ? {} : { tier }),
    ...(dependsOn === undefined ? {} : { depends_on }),
    ...(delay === undefined ? {} : { delay_seconds: delay }),
    ...(critical === undefined ? {} : { is_critical: critical }),
    ...(userData === undefined ? {} : { user_data: userData }),
    ...gateChange(gate, gateTimeout),
  };
}

/** @throws UsageError when the time limit stands alone. */
function gateChange(gate: string | undefined, timeout: number | undefined): Pick<UpdateMember, "gate"> {
  if (gate !== undefined) return { gate: readGate(gate, timeout) };
  if (timeout === undefined) return {};
  throw new UsageError("--gate-timeout needs --gate");
}

interface AddOptions extends OrderOptions {
  /** Of the first server; the others' have their place behind it. */
  readonly idempotencyKey?: string;
}

interface AddRequest {
  readonly ref: string;
  readonly servers: readonly string[];
  readonly options: AddOptions;
}

/** One after the other: a group takes one operation at a time. */
async function addMembers(context: CommandContext, { ref, servers, options }: AddRequest): Promise<void> {
  const done = [];
  for (const [i, server] of servers.entries()) {
    const { value, client } = await context.sites.change(ref, async (primary, id) => {
      const server_id = await requireServerId(context.handleOf(primary), server);
      const member = { server_id, ...(await orderOf(options, { client: primary, id })) };
      return primary.call("members.create", { path: { id }, body: { member }, ...keyOf(options, i) });
    });
    const running = { operation: value.operation, client };
    const isLast = i === servers.length - 1;
    const operation = await finish(context, running, value.member.protection_group_id, { isForced: !isLast });
    if (context.exitCode === EXIT.done && operation.error) context.worsen(EXIT.error);
    done.push(operation);
  }
  context.printer.list(done, OPERATION_LIST);
}

async function setMember(
  context: CommandContext,
  { ref, member, options }: { readonly ref: string; readonly member: string; readonly options: OrderOptions },
): Promise<void> {
  const { value, delivery } = await context.sites.change(ref, async (primary, id) => {
    const order: UpdateMember = await orderOf(options, { client: primary, id });
    if (Object.keys(order).length === 0) throw new UsageError("Nothing to change: name an option.");
    const path = { id, member_id: (await findMember(primary, id, member)).id };
    return primary.call("members.update", { path, body: { member: order } });
  });
  context.report(delivery);
  context.printer.record(value.member, RECORD);
}

interface UpdateOptions {
  readonly acceptDrift?: boolean;
  readonly idempotencyKey?: string;
}

interface UpdateRequest {
  readonly ref: string;
  readonly refs: readonly string[];
  readonly options: UpdateOptions;
}

async function updateMembers(context: CommandContext, { ref, refs, options }: UpdateRequest): Promise<void> {
  if (!options.acceptDrift) {
    throw new UsageError("Say --accept-drift; start order and user data are changed by: protector member set");
  }
  const { value, client } = await context.sites.change(ref, async (primary, id) => {
    const member_ids = [];
    for (const member of refs) member_ids.push((await findMember(primary, id, member)).id);
    const body = { accept_drift: member_ids.length > 0 ? { member_ids } : {} };
    return primary.call("members.action", { path: { id }, body, ...keyOf(options) });
  });
  const running = { operation: value.operation, client };
  const operation = await finish(context, running, value.operation.protection_group_id);
  if (operation.status === "completed" && context.printer.isForPeople) tellChanges(context, operation);
  context.printer.record(operation, OPERATION_COLUMNS);
}

function tellChanges({ printer }: CommandContext, { plan }: Pick<Operation, "plan">): void {
  const changes = plan?.warnings ?? [];
  if (changes.length === 0) printer.tell("Nothing has changed since the servers were protected.\n\n");
  else printer.tell(`${changes.map(({ subject, reason }) => `${subject}: ${reason}`).join("\n")}\n\n`);
}

async function removeMembers(context: CommandContext, ref: string, refs: readonly string[]): Promise<void> {
  const done = [];
  for (const [i, member] of refs.entries()) {
    const { value, client } = await context.sites.change(ref, async (primary, id) => {
      const path = { id, member_id: (await findMember(primary, id, member)).id };
      return primary.call("members.delete", { path });
    });
    const running = { operation: value.operation, client };
    const isForced = i < refs.length - 1;
    done.push(await finish(context, running, running.operation.protection_group_id, { isForced }));
  }
  context.printer.list(done, OPERATION_LIST);
}
