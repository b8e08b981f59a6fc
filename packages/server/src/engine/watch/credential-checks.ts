import { OutsideError } from "@protector/ports";
import { listUsableTrusts } from "../../db/repositories/trusts.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { checkExpiry, type Expiring } from "../readiness/expiry.ts";
import type { Finding } from "../readiness/finding.ts";
import type { GroupView } from "../world/group-view.ts";
import type { SiteAccess } from "../world/site-access.ts";

/** Trusts of a project whose end is asked for, newest first: one without an end is enough. */
const TRUSTS_ASKED = 5;

/**
 * What the engine logs in with at these sites and their arrays, and the trusts of the project at its own, as far as they end
 * soon.
 */
export async function checkCredentials(
  ports: EnginePorts,
  view: GroupView,
  sites: readonly SiteAccess[],
): Promise<readonly Finding[]> {
  const ends = await Promise.all(sites.flatMap((site) => [passwordOf(site), arrayTokenOf(view, site)]));
  const own = sites.find(({ isOwn }) => isOwn);
  const trusts = own ? await lastingTrust(ports, view.group.project_id, own) : [];
  return checkExpiry([...ends, ...trusts], ports.clock.now());
}

async function arrayTokenOf({ group, policy }: GroupView, { array, siteId, siteName }: SiteAccess): Promise<Expiring> {
  const endsAt = await array.tokenEndsAt();
  const isHome = group.home_site_id === siteId;
  const backend = isHome ? policy?.primary_backend : policy?.secondary_backend;
  const made = "Have a new one made on the array (pureadmin create --api-token), then";
  return {
    check: "array_token.expires",
    siteName,
    what: `The API token for the array at ${siteName}`,
    endsAt: endsAt === undefined ? undefined : new Date(endsAt).toISOString(),
    remedy: backend
      ? `${made} write it into fa_api_token of section [${backend}] in protector.conf on every host of both sites and restart the engines.`
      : `${made}: protector protection-group policy-update ${group.name} --${isHome ? "primary" : "secondary"}-fa-api-token …`,
  };
}

async function passwordOf({ admin, siteName, isOwn }: SiteAccess): Promise<Expiring> {
  const { userName, passwordExpiresAt } = (await admin.token()).content;
  return {
    check: "credential.expires",
    siteName,
    what: `The password of ${userName} at ${siteName}`,
    endsAt: passwordExpiresAt,
    remedy: isOwn
      ? "Change it in Keystone and in [keystone_authtoken] of protector.conf on every host, then restart the services."
      : `Change it in Keystone there, then: protector site set ${siteName} --username ${userName} --password …`,
  };
}

/** The trust of the project that lasts longest. */
async function lastingTrust(
  ports: EnginePorts,
  projectId: string,
  { admin, siteName }: SiteAccess,
): Promise<readonly Expiring[]> {
  const rows = await listUsableTrusts(ports.connection.db, { projectId });
  const asked = rows.slice(0, TRUSTS_ASKED).map(({ trust_id }) => admin.identity.findTrust(trust_id));
  const trusts = (await Promise.all(asked.map(unlessRefused))).filter((trust) => trust !== undefined);
  const [first, ...others] = trusts.map(({ expiresAt }) => expiresAt);
  if (trusts.length === 0 || [first, ...others].includes(undefined)) return [];
  const endsAt = [first, ...others].sort().at(-1);
  return [
    {
      check: "trust.expires",
      siteName,
      what: `The last trust of project ${projectId} at ${siteName}`,
      endsAt,
      remedy: `Let a member of the project run any changing command there with a password, such as: protector protection-group replicate`,
    },
  ];
}

/** Some clouds keep trusts from everybody but their users. */
export async function unlessRefused<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof OutsideError && error.failure.status === 403) return undefined;
    throw error;
  }
}
