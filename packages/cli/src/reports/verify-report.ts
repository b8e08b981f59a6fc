import { createHash, createPublicKey, verify } from "node:crypto";
import { canonicalJson, openPage, reportParts, signedPageText, signedReportText } from "@protector/contract";
import { UsageError } from "../exit-codes.ts";

/** What a file turned out to be. */
export interface ReportVerdict {
  readonly kind: "json" | "html";
  /** Site whose id the file names as its signer. */
  readonly siteId: string;
  readonly issuedAt: string | null;
  readonly operationId: string | null;
  readonly isGenuine: boolean;
  /** Parts that are not as they were signed; empty when that cannot be told, or nothing was changed. */
  readonly changed: readonly string[];
  readonly reason: string;
  /** Of the content, as printed on the page; null of a page. */
  readonly fingerprint: string | null;
}

/** Public key of a site by its id; undefined when it is not known. 32 bytes, base64. */
export type KeyOfSite = (siteId: string) => Promise<string | undefined>;

/**
 * Whether a file is a report as a site gave it out.
 * @throws UsageError when it is no report, or its signer is not known.
 */
export async function verifyReport(text: string, keyOf: KeyOfSite): Promise<ReportVerdict> {
  return text.trimStart().startsWith("{") ? verifyData(text, keyOf) : verifyPage(text, keyOf);
}

const CHANGED = "The file was changed after it was signed, or the key is not the signer's.";

async function verifyPage(text: string, keyOf: KeyOfSite): Promise<ReportVerdict> {
  const opened = openPage(text);
  if (!opened) throw new UsageError("The file is no report: it is no JSON, and holds no signature at its end.");
  const { page, siteId, signature } = opened;
  const isGenuine = isSigned(signedPageText(page, siteId), signature, await requireKey(siteId, keyOf));
  return {
    kind: "html",
    siteId,
    issuedAt: null,
    operationId: null,
    isGenuine,
    changed: [],
    reason: isGenuine ? "Nothing was changed since it was signed." : CHANGED,
    fingerprint: null,
  };
}

interface SomeReport {
  readonly signed_by: { readonly id: string };
  readonly issued_at: string;
  readonly digests: Readonly<Record<string, string>>;
  readonly content: Readonly<Record<string, unknown>> & { readonly operation?: { readonly id?: string } };
  readonly signature: string;
}

async function verifyData(text: string, keyOf: KeyOfSite): Promise<ReportVerdict> {
  const report = readReport(text);
  const siteId = report.signed_by.id;
  const isSealed = isSigned(signedReportText(report), report.signature, await requireKey(siteId, keyOf));
  const changed = isSealed ? changedParts(report) : [];
  const isGenuine = isSealed && changed.length === 0;
  return {
    kind: "json",
    siteId,
    issuedAt: report.issued_at,
    operationId: report.content.operation?.id ?? null,
    isGenuine,
    changed,
    reason: isGenuine
      ? "Nothing was changed since it was signed."
      : changed.length > 0
        ? `Changed after it was signed: ${changed.join(", ")}.`
        : CHANGED,
    fingerprint: isSealed ? sha256(canonicalJson(report.digests)) : null,
  };
}

/** Parts that were altered, added or taken away. */
function changedParts({ content, digests }: SomeReport): readonly string[] {
  const parts = reportParts(content);
  const names = new Set([...parts.keys(), ...Object.keys(digests)]);
  return [...names].filter((name) => {
    const text = parts.get(name);
    return text === undefined || sha256(text) !== digests[name];
  });
}

/** A member that stands twice would be shown to people and not be looked at: such a file is none that was given out. */
function readReport(text: string): SomeReport {
  let value: Partial<SomeReport>;
  try {
    value = JSON.parse(text) as Partial<SomeReport>;
  } catch {
    throw new UsageError("The file is no report: it is not whole JSON.");
  }
  const isReport =
    typeof value.signed_by?.id === "string" &&
    typeof value.signature === "string" &&
    typeof value.digests === "object" &&
    typeof value.content === "object";
  if (!isReport || value.digests === null || value.content === null)
    throw new UsageError("The file is JSON, and no report: signed_by, digests, content or signature is missing.");
  const isAsWritten =
    JSON.stringify(value) === text.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => (part[0] === '"' ? part : ""));
  if (!isAsWritten)
    throw new UsageError(
      "The file was written anew by another program (its JSON differs in form). Verify the file as Protector gave it out.",
    );
  return value as SomeReport;
}

async function requireKey(siteId: string, keyOf: KeyOfSite): Promise<string> {
  const key = await keyOf(siteId);
  if (key === undefined)
    throw new UsageError(
      `The signer, site ${siteId}, is not registered here. Give its public key: --key KEY (GET /v1 of that site shows it).`,
    );
  return key;
}

/** Prefix of a raw Ed25519 public key in DER (RFC 8410). */
const DER_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

function isSigned(text: string, signature: string, publicKey: string): boolean {
  const bytes = Buffer.from(signature, "base64");
  // Base64 has more than one spelling of the same bytes: only the one that was given out counts.
  if (bytes.toString("base64") !== signature) return false;
  const der = Buffer.concat([DER_PREFIX, Buffer.from(publicKey, "base64")]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return verify(null, Buffer.from(text, "utf8"), key, bytes);
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
