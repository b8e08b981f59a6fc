import Type from "typebox";
import { VersionDocument } from "../resources/health.ts";
import { route } from "./route.ts";

const versions = {
  method: "GET",
  rule: null,
  request: null,
  response: VersionDocument,
  status: 200,
  errors: [],
} as const;

/** What the service says about itself, without a token. */
/** The error catalogue: where the help links of errors lead. */
const CatalogueDocument = Type.Object({
  errors: Type.Array(
    Type.Object({ code: Type.String(), status: Type.Integer(), title: Type.String(), help: Type.String() }),
  ),
});

export const serviceRoutes = {
  "versions.index": route({ ...versions, path: "/", summary: "Versions of the API, and this site's identity" }),
  "versions.show": route({ ...versions, path: "/v1", summary: "Version 1 of the API, and this site's identity" }),
  "openapi.show": route({
    method: "GET",
    path: "/openapi.json",
    summary: "This description of the API",
    rule: null,
    request: null,
    response: Type.Record(Type.String(), Type.Unknown()),
    status: 200,
    errors: [],
  }),
  "errors.index": route({
    method: "GET",
    path: "/errors",
    summary: "Every error that this service gives, and what to do about it",
    rule: null,
    request: null,
    response: CatalogueDocument,
    status: 200,
    errors: [],
  }),
} as const;
