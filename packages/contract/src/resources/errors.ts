import Type, { type Static } from "typebox";
import { Link } from "./common.ts";

/**
 * One error as the API gives it.
 * Format: https://specs.openstack.org/openstack/api-sig/guidelines/errors.html
 */
export const ErrorItem = Type.Object({
  request_id: Type.Optional(Type.String()),
  code: Type.String({ pattern: "^[a-z0-9._-]+$" }),
  status: Type.Integer(),
  title: Type.String(),
  detail: Type.String(),
  links: Type.Array(Link),
  operation_id: Type.Optional(Type.String()),
  step: Type.Optional(Type.String()),
  site_id: Type.Optional(Type.String({ description: "Site that gave no answer" })),
  fields: Type.Optional(Type.Array(Type.Object({ field: Type.String(), problem: Type.String() }))),
});
export type ErrorItem = Static<typeof ErrorItem>;

export const ErrorBody = Type.Object({ errors: Type.Array(ErrorItem) });
export type ErrorBody = Static<typeof ErrorBody>;
