import { error, ok, type Verdict, warning } from "./finding.ts";
import type { ExaminedSite } from "./site-checks.ts";

/** Whether one site knows the other, the same one that answers here, and reaches it by itself. */
export async function registrationVerdict({ handle }: ExaminedSite, other: ExaminedSite): Promise<Verdict> {
  const { name } = other.handle.client;
  const { identity } = other;
  const row = (await handle.client.all("site_summaries.index")).find(({ id }) => id === identity?.id);
  if (!row || row.is_local)
    return error(
      row ? `${name} is this very site` : `${name} is not registered here`,
      row ? "Name another cloud with --secondary-cloud." : "Have an administrator run: protector site create",
    );
  if (row.signing_public_key !== identity?.signing_public_key)
    return error(
      `another Protector answers at ${name} than the one that is registered`,
      "If that site was made anew, have an administrator delete and create the site again.",
    );
  if (row.reachability === "unreachable")
    return error(
      `registered; the engine here does not reach ${name}: ${row.reachability_reason ?? "no reason is given"}`,
      "See from a controller of this site that Keystone and Protector of the other answer; then: protector site validate",
    );
  if (row.reachability === "unknown")
    return warning(`registered; no engine here has looked at ${name} yet`, "See that protector-engine runs here.");
  return ok(`${name} is registered, and the engine here reaches it`);
}
