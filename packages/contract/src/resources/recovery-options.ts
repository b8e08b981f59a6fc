import Type from "typebox";
import { TEST_TIME_LIMIT } from "../states.ts";

/** Shape of what is put behind the names of test servers. */
const TEST_SUFFIX_PATTERN = "^[A-Za-z0-9._-]{1,32}$";

/** How every recovery is asked for. */
export const RecoveryHow = {
  dry_run: Type.Optional(Type.Boolean()),
  plan_digest: Type.Optional(
    Type.String({ pattern: "^[0-9a-f]{64}$", description: "Start only if this is still the plan" }),
  ),
};

/** What is wanted of a test's servers. */
export const TestFailoverOptions = {
  time_limit: Type.Optional(
    Type.Integer({
      minimum: TEST_TIME_LIMIT.least,
      maximum: TEST_TIME_LIMIT.most,
      description: "s after which the test is cleaned up by itself; default one day",
    }),
  ),
  suffix: Type.Optional(
    Type.String({ pattern: TEST_SUFFIX_PATTERN, description: "Put behind the names of the servers; default -test" }),
  ),
};
