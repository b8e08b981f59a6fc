import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPair } from "../clouds/pair.ts";
import { type OpenTarget, pairTarget } from "../recordings/real-target.ts";
import { RIGHTS_ROWS, type RightsRow } from "./rights.ts";
import { type Tried, tryAllCalls } from "./try-all.ts";

/*
 * Whose token each call carries, tried call by call on the real services: every kind of call in the name of a member, of
 * his trust, of the service user, of the peer credential, and of the service user with a role in the project.
 */

describe("rights on a real cloud", () => {
  let open: OpenTarget | undefined;
  let tried: Tried | undefined;

  beforeAll(async () => {
    open = pairTarget(openPair(), "site-a");
    tried = await tryAllCalls(open.target);
  }, 1_200_000);
  afterAll(() => open?.close());

  it.each(RIGHTS_ROWS.map((row: RightsRow) => [row.name, row.outcomes] as const))("%s", (name, outcomes) => {
    expect(tried?.[name as keyof Tried]).toEqual(outcomes);
  });
});
