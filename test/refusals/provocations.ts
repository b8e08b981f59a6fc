import type { ErrorCode } from "@protector/contract";
import { GROUPS } from "./groups.ts";
import { MAPPINGS } from "./mappings.ts";
import { MEMBERS } from "./members.ts";
import { OPERATIONS } from "./operations.ts";
import { PODS } from "./pods.ts";
import type { Provocations } from "./provocation.ts";
import { RECOVERY_PLANS } from "./recovery-plans.ts";
import { REQUESTS } from "./requests.ts";
import { SITES } from "./sites.ts";
import { SURROUNDINGS } from "./surroundings.ts";

/**
 * Every code of the catalogue with the way in which a person comes to read it. A code that is new has to get one, and a
 * code that nothing throws any more cannot have one.
 */
export const PROVOCATIONS: Provocations<ErrorCode> = {
  ...REQUESTS,
  ...SITES,
  ...GROUPS,
  ...MEMBERS,
  ...MAPPINGS,
  ...PODS,
  ...RECOVERY_PLANS,
  ...OPERATIONS,
  ...SURROUNDINGS,
};
