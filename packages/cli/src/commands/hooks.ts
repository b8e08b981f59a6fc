import type { SiteClient } from "@protector/client";
import type { Hook } from "@protector/contract";
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { natural, positive } from "../global-options.ts";
import type { Column } from "../output/column.ts";
import { type Act, yields } from "./command.ts";
import { atSite, findMember, readingSite, type SiteOption } from "./find.ts";

/** A hook with its place in the list, by which it is removed. */
type NumberedHook = Hook & { readonly number: number };

const LIST: readonly Column<NumberedHook>[] = [
  { name: "number" },
  { name: "when" },
  { name: "of" },
  { name: "tier" },
  { name: "member_id" },
  { name: "url" },
  { name: "undo_url" },
  { name: "timeout_seconds" },
  { name: "retries" },
  { name: "on_failure" },
  { name: "in_tests" },
];

interface AddOptions {
  readonly before?: string;
  readonly after?: string;
  readonly url?: string;
  readonly undoUrl?: string;
  readonly callTimeout?: number;
  readonly retries?: number;
  readonly onFailure?: string;
  readonly inTests?: boolean;
}

/** `protector hook …` */
export function addHookCommands(program: Command, act: Act): void {
  const hooks = program.command("hook").description("web services that a recovery calls");
  atSite(yields(hooks.command("list"), "list", LIST))
    .argument("<group>", "name or id")
    .description("list the hooks of a group, in the order in which they are called")
    .action((ref: string, options: SiteOption) =>
      act(async (context) => {
        const { client, id } = await readingSite(context, ref, options);
        context.printer.list(numbered((await client.call("hooks.show", { path: { id } })).hooks), LIST);
      }),
    );
  yields(hooks.command("add"), "list", LIST)
    .argument("<group>", "name or id")
    .option("--before <subject>", "plan, tier, tier:NUMBER, member, member:MEMBER or cleanup")
    .option("--after <subject>", "the same, afterwards")
    .option("--url <url>", "https address that is posted to")
    .option("--undo-url <url>", "posted to when an operation that has called the hook is taken back")
    .option("--call-timeout <seconds>", "of one try; default 30", positive)
    .option("--retries <number>", "tries after the first one; default 2", natural)
    .option("--on-failure <stop|continue>", "what follows when the last try has failed; default stop")
    .option("--in-tests", "call it in test failovers too")
    .description("add a hook behind those that are there")
    .action((ref: string, options: AddOptions) => act((context) => addHook(context, ref, options)));
  yields(hooks.command("remove"), "list", LIST)
    .argument("<group>", "name or id")
    .argument("<number>", "as hook list shows it", positive)
    .description("remove a hook")
    .action((ref: string, number: number) => act((context) => removeHook(context, ref, number)));
}

async function addHook(context: CommandContext, ref: string, options: AddOptions): Promise<void> {
  const { url, undoUrl = null, callTimeout = 30, retries = 2, onFailure = "stop", inTests = false } = options;
  const [when, subject] = whenOf(options);
  if (url === undefined) throw new UsageError("--url is missing");
  if (onFailure !== "stop" && onFailure !== "continue") throw new UsageError("--on-failure knows: stop, continue");
  await change(context, ref, async (hooks, asked) => {
    const of = await subjectOf(subject, asked);
    const isTest = inTests || of.of === "cleanup";
    const hook = {
      when,
      ...of,
      url,
      undo_url: undoUrl,
      timeout_seconds: callTimeout,
      retries,
      on_failure: onFailure,
      in_tests: isTest,
    } as const;
    return [...hooks, hook];
  });
}

function removeHook(context: CommandContext, ref: string, number: number): Promise<void> {
  return change(context, ref, async (hooks) => {
    if (number > hooks.length) throw new UsageError(`There is no hook ${number}; the group has ${hooks.length}.`);
    return hooks.filter((_, index) => index !== number - 1);
  });
}

interface Asked {
  readonly client: SiteClient;
  readonly id: string;
}

async function change(
  context: CommandContext,
  ref: string,
  next: (hooks: readonly Hook[], asked: Asked) => Promise<readonly Hook[]>,
): Promise<void> {
  const { value, delivery } = await context.sites.change(ref, async (client, id) => {
    const { hooks } = await client.call("hooks.show", { path: { id } });
    return client.call("hooks.update", { path: { id }, body: { hooks: [...(await next(hooks, { client, id }))] } });
  });
  context.report(delivery);
  context.printer.list(numbered(value.hooks), LIST);
}

function whenOf({ before, after }: AddOptions): readonly ["before" | "after", string] {
  if (before !== undefined && after === undefined) return ["before", before];
  if (after !== undefined && before === undefined) return ["after", after];
  throw new UsageError("Say when: --before or --after, with plan, tier:NUMBER, member:MEMBER or cleanup");
}

async function subjectOf(text: string, { client, id }: Asked): Promise<Pick<Hook, "of" | "tier" | "member_id">> {
  const [, of, name] = /^(plan|cleanup|tier|member)(?::(.+))?$/.exec(text) ?? [];
  const nobody = { tier: null, member_id: null };
  if ((of === "plan" || of === "cleanup") && name === undefined) return { of, ...nobody };
  if ((of === "tier" || of === "member") && name === undefined) return { of, ...nobody };
  if (of === "tier" && name !== undefined && /^[0-9]{1,2}$/.test(name)) return { of, ...nobody, tier: Number(name) };
  if (of === "member" && name !== undefined) {
    return { of, ...nobody, member_id: (await findMember(client, id, name)).id };
  }
  throw new UsageError(`"${text}" is none of: plan, tier, tier:NUMBER, member, member:MEMBER, cleanup`);
}

function numbered(hooks: readonly Hook[]): readonly NumberedHook[] {
  return hooks.map((hook, index) => ({ number: index + 1, ...hook }));
}
