import { createHash } from "node:crypto";
import {
  type OperationReport,
  type ReportContent,
  reportParts,
  sealedPage,
  signedPageText,
  signedReportText,
} from "@protector/contract";
import type { SiteIdentity } from "../site-identity.ts";

/** The site that vouches for a report. */
export interface ReportSigner {
  readonly identity: Pick<SiteIdentity, "siteId" | "signText">;
  /** As it is registered. */
  readonly siteName: string;
  /** ms since the UNIX epoch. */
  readonly now: number;
}

/** The report with a digest of each part, and this site's signature. */
export function signReport(content: ReportContent, { identity, siteName, now }: ReportSigner): OperationReport {
  const digests = Object.fromEntries([...reportParts(content)].map(([part, text]) => [part, sha256(text)]));
  const unsigned = {
    format: 1 as const,
    signed_by: { id: identity.siteId, name: siteName },
    issued_at: new Date(now).toISOString(),
    digests,
  };
  return { ...unsigned, content, signature: identity.signText(signedReportText(unsigned)) };
}

/** The page with this site's signature at its end. */
export function signPage(page: string, { identity }: Pick<ReportSigner, "identity">): string {
  const { siteId } = identity;
  return sealedPage(page, { siteId, signature: identity.signText(signedPageText(page, siteId)) });
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
