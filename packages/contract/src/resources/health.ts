import Type, { type Static } from "typebox";
import { Link, Nullable, Timestamp } from "./common.ts";

/** An API version in the discovery document; with the site's identity, which registration pins. */
export const VersionDocument = Type.Object({
  versions: Type.Array(
    Type.Object({
      id: Type.String(),
      status: Type.String(),
      min_version: Type.String(),
      max_version: Type.String(),
      links: Type.Array(Link),
    }),
  ),
  site: Nullable(
    Type.Object({
      id: Type.String(),
      region: Nullable(Type.String()),
      signing_public_key: Type.String(),
      sealing_public_key: Type.String(),
    }),
  ),
});
export type VersionDocument = Static<typeof VersionDocument>;

/** A running engine of this site. */
export const EngineService = Type.Object({
  host: Type.String(),
  binary: Type.String(),
  is_alive: Type.Boolean(),
  messaging: Type.String(),
  seen_at: Timestamp,
});
export type EngineService = Static<typeof EngineService>;
