import Type, { type Static } from "typebox";
import { Description, Name, Nullable, OneOf, Strict, Timestamp, Uuid } from "./common.ts";
import { CheckResult } from "./readiness.ts";

const HttpUrl = Type.String({ pattern: "^https?://[^\\s?#@]+$", maxLength: 255 });
const PublicKey = Type.String({ pattern: "^[A-Za-z0-9+/]{43}=$", description: "32 bytes, base64" });

/** Outcome of `validate`: what the engine found when it used the registered credential. */
export const SiteValidation = Type.Object({
  status: OneOf(["never", "requested", "passed", "failed"] as const),
  checked_at: Nullable(Timestamp),
  checks: Type.Array(CheckResult),
});
export type SiteValidation = Static<typeof SiteValidation>;

/** A volume type of a site, as far as replication goes. */
export const SiteVolumeType = Type.Object({
  name: Type.String(),
  is_replicated: Type.Boolean(),
  replication_type: Nullable(Type.String()),
  backend: Nullable(Type.String()),
});
export type SiteVolumeType = Static<typeof SiteVolumeType>;

/** A registered OpenStack cloud with its own Protector. A row with this site's own id is this site. */
export const Site = Type.Object({
  id: Uuid,
  name: Name,
  description: Description,
  is_local: Type.Boolean(),
  auth_url: Type.String(),
  region: Nullable(Type.String()),
  interface: OneOf(["public", "internal", "admin"] as const),
  api_url: Type.String({ description: "protector-api without version, e.g. http://controller:8788" }),
  username: Nullable(Type.String()),
  signing_public_key: Type.String(),
  sealing_public_key: Type.String(),
  reachability: OneOf(["reachable", "unreachable", "unknown"] as const),
  reachability_reason: Nullable(Type.String()),
  reachability_at: Nullable(Timestamp),
  reachability_since: Nullable(Timestamp),
  validation: SiteValidation,
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type Site = Static<typeof Site>;

/** What a tenant's client needs of a site to find it: no credential, no validation. */
export const SiteSummary = Type.Object({
  id: Uuid,
  name: Name,
  is_local: Type.Boolean(),
  auth_url: Type.String(),
  region: Nullable(Type.String()),
  interface: OneOf(["public", "internal", "admin"] as const),
  api_url: Type.String(),
  signing_public_key: Type.String(),
  reachability: OneOf(["reachable", "unreachable", "unknown"] as const),
  reachability_reason: Nullable(Type.String()),
  reachability_at: Nullable(Timestamp),
});
export type SiteSummary = Static<typeof SiteSummary>;

const credential = {
  username: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  password: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1024, description: "Can be set and replaced, never read" }),
  ),
  user_domain_name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  project_name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  project_domain_name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  ca_certificate: Type.Optional(Type.String({ maxLength: 65536, description: "PEM" })),
};

/** Keys and id come from the site's own `GET /v1`; registration pins them. */
export const CreateSite = Strict({
  id: Uuid,
  name: Name,
  description: Type.Optional(Description),
  auth_url: HttpUrl,
  region: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  interface: Type.Optional(OneOf(["public", "internal", "admin"] as const)),
  api_url: HttpUrl,
  signing_public_key: PublicKey,
  sealing_public_key: PublicKey,
  ...credential,
});
export type CreateSite = Static<typeof CreateSite>;

export const UpdateSite = Strict(
  {
    name: Type.Optional(Name),
    description: Type.Optional(Description),
    auth_url: Type.Optional(HttpUrl),
    region: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    interface: Type.Optional(OneOf(["public", "internal", "admin"] as const)),
    api_url: Type.Optional(HttpUrl),
    ...credential,
  },
  { minProperties: 1 },
);
export type UpdateSite = Static<typeof UpdateSite>;
