import type { Fields } from "./answer.ts";
import type { QuotaValue } from "./compute.ts";

/**
 * Limit and use of one resource: `{limit, in_use, reserved}` (Nova, Cinder) or `{limit, used, reserved}` (Neutron).
 * What is reserved by running requests counts as used.
 */
export function readQuotaValue(value: Fields): QuotaValue {
  const used = value.optionalNumber("in_use") ?? value.number("used");
  return { limit: value.number("limit"), used: used + (value.optionalNumber("reserved") ?? 0) };
}
