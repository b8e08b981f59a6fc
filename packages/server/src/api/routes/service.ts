import {
  errorCatalogue,
  MAX_MICROVERSION,
  MIN_MICROVERSION,
  openApiDocument,
  type VersionDocument,
} from "@protector/contract";
import type { Handlers } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";

export function serviceHandlers({
  identity,
  settings,
}: ApiPorts): Handlers<"versions.index" | "versions.show" | "openapi.show" | "errors.index"> {
  const versions = (baseUrl: string): VersionDocument => ({
    versions: [
      {
        id: "v1.0",
        status: "CURRENT",
        min_version: MIN_MICROVERSION,
        max_version: MAX_MICROVERSION,
        links: [
          { rel: "self", href: `${baseUrl}/v1/` },
          { rel: "collection", href: `${baseUrl}/` },
        ],
      },
    ],
    site: {
      id: identity.siteId,
      region: settings.region,
      signing_public_key: identity.signingPublicKey,
      sealing_public_key: identity.sealingPublicKey,
    },
  });
  return {
    "versions.index": async ({ baseUrl }) => ({ body: versions(baseUrl) }),
    "versions.show": async ({ baseUrl }) => ({ body: versions(baseUrl) }),
    "errors.index": async () => ({ body: { errors: errorCatalogue() } }),
    "openapi.show": async ({ baseUrl }) => ({ body: { ...openApiDocument(baseUrl) } }),
  };
}
