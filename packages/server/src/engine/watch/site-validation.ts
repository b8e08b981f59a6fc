import type { CheckResult, SiteValidation } from "@protector/contract";
import { isoTime, readJson, readTime, writeJson, writeTime } from "../../db/codecs.ts";
import type { SitesTable } from "../../db/schema.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { checkArrays } from "./array-checks.ts";
import { forEachSubject } from "./rounds.ts";
import { checkCloud } from "./site-checks.ts";

/** Validates the sites that an administrator asked about since they were last validated. */
export async function validateSites(ports: EnginePorts): Promise<void> {
  const rows = await ports.connection.db
    .selectFrom("sites")
    .selectAll()
    .where("validation_requested_at", "is not", null)
    .execute();
  const subjects = rows.filter(isAsked);
  await forEachSubject(ports, { watch: "site-validation", subjects, nameOf: ({ name }) => name }, (site) =>
    validateSite(ports, site),
  );
}

function isAsked(site: SitesTable): boolean {
  const { checked_at } = readJson(site.validation);
  if (site.validation_requested_at === null) return false;
  return checked_at === null || Date.parse(checked_at) < readTime(site.validation_requested_at);
}

async function validateSite(ports: EnginePorts, site: SitesTable): Promise<void> {
  const { connection, clock } = ports;
  const startedAt = clock.now();
  const cloud = await checkCloud(ports, site);
  const checks: CheckResult[] = [...cloud.checks];
  if (site.is_local === 1) checks.push(...(await checkArrays(ports, site, cloud.session)));
  const validation: SiteValidation = {
    status: checks.some((check) => check.result === "error") ? "failed" : "passed",
    // A request made while the look went on is answered by another look.
    checked_at: isoTime(writeTime(startedAt)),
    checks,
  };
  await connection.db
    .updateTable("sites")
    .set({
      validation: writeJson(validation),
      ...(cloud.volumeTypes ? { volume_types: writeJson(cloud.volumeTypes) } : {}),
    })
    .where("id", "=", site.id)
    .execute();
}
