import type { SiteHandle } from "../cloud/site-handle.ts";
import { tlsOf } from "../cloud/site-handle.ts";
import type { CliHost } from "../host.ts";
import { durationText } from "../output/duration.ts";
import { ok, type Verdict, warning } from "./finding.ts";

/** s by which a clock may be off; signatures, tokens and times of recovery points are compared between machines. */
const TOLERATED = 5;
const TIMEOUT_MS = 10_000;

/** How far the clock of a site's Protector is from the workstation's, in s; undefined when it does not tell. */
export async function clockSkew(
  { client, entry, caCertificate }: SiteHandle,
  { transport, clock }: Pick<CliHost, "transport" | "clock">,
): Promise<number | undefined> {
  const before = clock.now();
  const tls = tlsOf(entry, caCertificate);
  const answer = await transport({
    method: "GET",
    url: `${await client.rootUrl()}/`,
    headers: { accept: "application/json" },
    timeoutMs: TIMEOUT_MS,
    ...(tls === undefined ? {} : { tls }),
  });
  const told = Date.parse(answer.headers.date ?? "");
  if (Number.isNaN(told)) return undefined;
  // The header has whole seconds, cut: its moment is half a second later on average.
  return (told + 500 - (before + clock.now()) / 2) / 1000;
}

/** What a skew means. */
export function clockVerdict(skew: number | undefined): Verdict {
  if (skew === undefined) return ok("the site does not tell its time");
  const size = Math.abs(skew);
  if (size <= TOLERATED) return ok(`within ${TOLERATED} s of this workstation`);
  const text = `${durationText(size)} ${skew > 0 ? "ahead of" : "behind"} this workstation`;
  return warning(text, "Let both run an NTP client (chrony): times of recovery points and tokens are compared.");
}
