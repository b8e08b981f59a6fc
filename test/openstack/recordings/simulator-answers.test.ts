import { describe, expect, it } from "vitest";
import { compareCalls, type Difference } from "./compare.ts";
import { readRecordings } from "./files.ts";
import { COMPARED_VALUES, KNOWN_DIFFERENCES, NOT_RECORDED } from "./known-differences.ts";
import { recordCloud } from "./record-cloud.ts";
import { simulatedTarget } from "./simulated-target.ts";

/*
 * The simulator is asked everything that a real cloud was asked, and has to answer alike: statuses, fields, their types
 * and forms, refusals word by word. `npm run record:openstack` renews what the real one said.
 */

const real = readRecordings();
const { target, clock } = simulatedTarget();
const simulated = await clock.run(recordCloud(target));
const found = new Map(
  real.map(({ service, calls }) => {
    const answers = simulated.services.find((each) => each.service === service)?.calls ?? [];
    return [service, compareCalls(calls, answers)];
  }),
);

function isKnown(service: string, { kind, at }: Difference): boolean {
  return KNOWN_DIFFERENCES.some((known) => known.service === service && known.kind === kind && known.at.test(at));
}

describe("the simulator answers as a real cloud does", () => {
  it.each(real.map(({ service }) => service))("%s", (service) => {
    const unknown = (found.get(service) ?? []).filter((each) => !isKnown(service, each));
    expect(unknown.map(({ call, kind, at, ...both }) => `${call}: ${kind} ${at}: ${JSON.stringify(both)}`)).toEqual([]);
  });
});

describe("the recordings", () => {
  it("hold a call of every method of every client, but for those that are listed as not recorded", () => {
    expect(simulated.unused).toEqual(NOT_RECORDED);
  });

  it("hold refusals by every status that Protector tells apart", () => {
    const statuses = new Set(real.flatMap(({ calls }) => calls.map(({ status }) => status)));
    expect([400, 401, 403, 404, 409, 413].filter((status) => !statuses.has(status))).toEqual([]);
  });

  it("hold no secret", () => {
    expect(JSON.stringify(real)).not.toMatch(/gAAAA|recording-secret|admin-secret|labadmin/);
  });
});

describe("the list of differences that stay", () => {
  it.each(KNOWN_DIFFERENCES.map((known) => [`${known.service} ${known.kind} ${known.at.source}`, known] as const))(
    "names only what shows: %s",
    (_name, known) => {
      const shown = (found.get(known.service) ?? []).filter(({ kind, at }) => known.kind === kind && known.at.test(at));
      expect(shown.length).toBeGreaterThan(0);
    },
  );

  it("compares values of fields that some answer has", () => {
    const text = JSON.stringify(real);
    expect([...COMPARED_VALUES].filter((name) => !text.includes(`"${name}"`))).toEqual([]);
  });
});
