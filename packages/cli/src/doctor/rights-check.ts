import { ApiError, type SiteClient } from "@protector/client";
import { ok, type Verdict, warning } from "./finding.ts";

/** Id that no group has: the API judges the caller before it looks for the group. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

const PROBES: readonly { readonly verb: string; ask(client: SiteClient): Promise<unknown> }[] = [
  { verb: "see groups", ask: (client) => client.call("protection_groups.index", { query: { limit: 1 } }) },
  {
    verb: "change groups",
    ask: (client) =>
      client.call("protection_groups.update", { path: { id: NOBODY }, body: { protection_group: { name: "nobody" } } }),
  },
  {
    verb: "test failovers",
    ask: (client) =>
      client.call("protection_groups.action", { path: { id: NOBODY }, body: { test_failover: { dry_run: true } } }),
  },
  {
    verb: "fail over",
    ask: (client) =>
      client.call("protection_groups.action", {
        path: { id: NOBODY },
        body: { failover: { mode: "planned", dry_run: true } },
      }),
  },
];

/** What the site's policy lets the caller do. Asked of a group that does not exist, so that nothing can happen. */
export async function rightsVerdict(client: SiteClient): Promise<Verdict> {
  const answers = await Promise.all(PROBES.map(({ ask }) => refusalOf(ask(client))));
  const refused = PROBES.flatMap(({ verb }, index) => (answers[index] === undefined ? [] : [verb]));
  const allowed = PROBES.map(({ verb }) => verb).filter((verb) => !refused.includes(verb));
  if (refused.length === 0) return ok(`may ${allowed.join(", ")}`);
  const why = answers.find((answer) => answer !== undefined) ?? "";
  const text = `may not ${refused.join(", ")}${allowed.length > 0 ? `; may ${allowed.join(", ")}` : ""}. ${why}`;
  return warning(text, "Ask an administrator for the role that the named policy rule wants.");
}

/** The words of a refusal by policy; undefined when the caller may. */
async function refusalOf(asked: Promise<unknown>): Promise<string | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError) || error.isSilence) throw error;
    if (error.code === "policy.not_authorized") return error.message;
    if (error.code === "protection_group.not_found") return undefined;
    throw error;
  }
}
