import type { ErrorCatalogueEntries } from "./error-catalogue-entry.ts";

/** Errors of sites and of the projects that belong together on them. */
export const SITE_ERRORS = {
  "site.not_found": { status: 404, title: "Site not found", help: "List the sites with: protector site list" },
  "site.exists": {
    status: 409,
    title: "Site already registered",
    help: "Change the registered site instead: protector site set SITE",
  },
  "site.in_use": {
    status: 409,
    title: "Site in use",
    help: "See what uses it: protector protection-group list; protector tenant-mapping list. Delete those first.",
  },
  "site.ambiguous": {
    status: 400,
    title: "Peer site not clear",
    help: "Name the peer site: peer_site_id, one of those that the message names.",
  },
  "site.not_validated": {
    status: 409,
    title: "Site cannot be used yet",
    help: "See what it lacks: protector site validate SITE. Mend what that names; the operation then goes on.",
  },
  "tenant_mapping.not_found": {
    status: 404,
    title: "Tenant mapping not found",
    help: "List them with: protector tenant-mapping list",
  },
  "tenant_mapping.exists": {
    status: 409,
    title: "Project already mapped",
    help: "A project maps to one project of a site. Delete the old mapping first: protector tenant-mapping list; protector tenant-mapping delete ID",
  },
  "tenant_mapping.missing": {
    status: 409,
    title: "Project not mapped",
    help: "Ask an administrator to map the project on both sites: protector tenant-mapping create --project HERE --secondary-project THERE",
  },
} as const satisfies ErrorCatalogueEntries;
