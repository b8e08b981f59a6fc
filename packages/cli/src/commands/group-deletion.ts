import {
  deleteGroup,
  deleteKeptSnapshot,
  deleteWithoutPeer,
  listKeptSnapshots,
  type PlacedOperation,
  type PlacedSnapshot,
  snapshotsFirst,
} from "@protector/client";
import { howToDeleteOnArray, KEPT_CHOICES, type KeptChoice } from "@protector/contract";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { finish } from "../follow.ts";
import { OPERATION_LIST } from "./operation-columns.ts";

/** How groups are deleted. */
export interface DeletionWish {
  readonly peerLost?: boolean;
  readonly reason?: string;
  /** Undefined: asked for, where something is kept. */
  readonly kept?: KeptChoice | undefined;
}

/** Deletes groups, one after the other, with what was kept of their volumes or without. */
export async function deleteGroups(
  context: CommandContext,
  refs: readonly string[],
  { peerLost = false, reason, kept }: DeletionWish,
): Promise<void> {
  if (!peerLost && reason !== undefined) throw new UsageError("--reason goes with --peer-lost.");
  const why = peerLost ? await reasonOf(context, reason) : undefined;
  const done: PlacedOperation[] = [];
  for (const ref of refs) done.push(...(await deleteOne(context, ref, { why, kept })));
  context.printer.list(done, OPERATION_LIST);
}

async function deleteOne(
  context: CommandContext,
  ref: string,
  { why, kept: wanted }: { readonly why: string | undefined; readonly kept: KeptChoice | undefined },
): Promise<readonly PlacedOperation[]> {
  const { id, kept, silent } = await listKeptSnapshots(context.sites, ref);
  for (const name of silent)
    if (why !== undefined) context.warn(`${name} does not answer: what its engine has kept is not known here.`);
  const choice = kept.length === 0 ? undefined : (wanted ?? (await choiceOf(context, ref, kept)));
  const others = kept.filter(({ isOfPrimary }) => !isOfPrimary);
  const done: PlacedOperation[] = [];
  // Only the engine that has kept something can delete it.
  if (choice === "delete")
    for (const each of snapshotsFirst(others))
      done.push(await finish(context, await deleteKeptSnapshot(each, id), id, { isForced: true }));
  const running =
    why === undefined
      ? await deleteGroup(context.sites, id, { kept: choice })
      : await deleteWithoutPeer(context.sites, id, { reason: why, kept: choice });
  done.push(await finish(context, running, id));
  if (choice === "keep") for (const { snapshot, site } of kept) context.note(staysText(snapshot.name, site));
  return done;
}

function staysText(name: string, site: string): string {
  return `${name} stays on the array at ${site}, where nothing lists it any more. Delete it there with: ${howToDeleteOnArray(name)}`;
}

/** @throws UsageError where nobody can be asked. */
async function choiceOf(
  { host, options, printer }: CommandContext,
  ref: string,
  kept: readonly PlacedSnapshot[],
): Promise<KeptChoice> {
  const what = kept.length === 1 ? "is 1 kept snapshot" : `are ${kept.length} kept snapshots`;
  if (!host.ask || options.yes) {
    const remedy = `Say what becomes of it: --kept-snapshots ${KEPT_CHOICES.join(" or ")}. See what it is: protector kept-snapshot list ${ref}`;
    throw new UsageError(`There ${what} of ${ref}, which hold what is nowhere else. ${remedy}`);
  }
  printer.tell(`There ${what} of ${ref}, which hold what is nowhere else:\n\n`);
  for (const { snapshot, site } of kept) printer.tell(`${snapshot.name} at ${site}\n`);
  const question = `
Type "delete" to delete them with the group (an array can recover them for its eradication delay), "keep" to leave them on
the arrays, where nothing lists them any more: `;
  const answer = (await host.ask(question)).trim();
  const choice = KEPT_CHOICES.find((each) => each === answer);
  if (choice === undefined) throw new UsageError(`"${answer}" is neither. Nothing was deleted.`);
  return choice;
}

/** Nobody deletes a site's half of the truth by habit: the reason is typed each time. */
async function reasonOf({ host }: CommandContext, given: string | undefined): Promise<string> {
  const question = "The other site keeps what it has until it is told. Why is it certain that it is lost for good? ";
  const reason = (given ?? (await host.ask?.(question)))?.trim();
  if (reason === undefined) throw new UsageError("--peer-lost needs --reason where nobody can be asked.");
  if (reason.length < 10) throw new UsageError("A reason has at least 10 characters; it is kept in the audit.");
  return reason;
}
