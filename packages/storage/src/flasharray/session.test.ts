import { type HttpTransport, HttpTransportError, seededRandom } from "@protector/ports";
import { afterEach, describe, expect, it } from "vitest";
import { DISKS, failureOf, GIB, GROUP, layOutDisks, onTarget, protect, replicate } from "../array-pair.ts";
import { flashArrayDriver } from "./index.ts";
import { type FlashArrayPair, makeFlashArrayPair, type PairOptions, TOKENS } from "./test-pair.ts";

const REST: PairOptions = { minor: 26 };

describe("a session with a FlashArray", () => {
  let pair: FlashArrayPair;
  const on = (options: PairOptions, test: (pair: FlashArrayPair) => Promise<void>) => () => {
    pair = makeFlashArrayPair(options);
    pair.conditions.isRecording = true;
    return pair.clock.run(test(pair));
  };
  const calls = (path: RegExp) => pair.conditions.calls.filter((call) => path.test(call.path));
  afterEach(() => {
    expect(pair.clock.sleeping, "timers left behind").toBe(0);
  });

  it(
    "speaks the youngest version that both know, by number and not by text",
    on({ minor: 10 }, async () => {
      expect((await pair.source.array.identify()).apiVersion).toBe("2.10");
      pair.simulated.target.service.versions = ["1.19", "2.4", "2.9", "2.26", "2.31", "3.0"];
      expect((await pair.target.array.identify()).apiVersion).toBe("2.26");
    }),
  );

  it(
    "can be held at an older version",
    on({ minor: 26, newestVersion: [2, 11] }, async () => {
      expect((await pair.source.array.identify()).apiVersion).toBe("2.11");
    }),
  );

  it(
    "refuses an array that is older than 2.4",
    on({ minor: 3 }, async () => {
      const failure = await failureOf(pair.source.array.identify());
      expect(failure.failureClass).toBe("needs_operator");
      expect(failure.detail).toContain("2.4");
    }),
  );

  it(
    "negotiates again when the array no longer has the version in use",
    on(REST, async () => {
      await pair.source.array.identify();
      pair.simulated.source.service.versions = ["2.4", "2.16"];
      expect((await pair.source.array.identify()).apiVersion).toBe("2.16");
    }),
  );

  it(
    "logs in once however many calls begin at once, and out when it is closed",
    on(REST, async () => {
      await Promise.all(Array.from({ length: 20 }, () => pair.source.array.health()));
      expect(calls(/login$/)).toHaveLength(1);
      expect(calls(/api_version$/)).toHaveLength(1);
      await pair.source.array.close();
      expect(pair.simulated.source.sessions.open).toBe(0);
      await pair.source.array.close();
    }),
  );

  it(
    "logs in again, once for all, when the session has been idle for too long",
    on({ minor: 26, idleTimeoutMs: 300_000 }, async () => {
      await pair.source.array.health();
      await pair.clock.sleep(300_001);
      let call = 0;
      pair.conditions.latencyOf = () => (call++ * 37) % 200;
      await Promise.all(Array.from({ length: 20 }, () => pair.source.array.health()));
      expect(calls(/login$/)).toHaveLength(2);
    }),
  );

  it(
    "repeats a call once after a new login and then gives up to the operator",
    on(REST, async () => {
      pair.conditions.inject({
        service: "array-a",
        path: /protection-groups$/,
        fault: { kind: "refuse", status: 401 },
      });
      const failure = await failureOf(pair.source.array.ensureGroup(GROUP));
      expect(failure).toMatchObject({ status: 401, failureClass: "needs_operator" });
      expect(calls(/protection-groups$/)).toHaveLength(2);
      expect(calls(/login$/)).toHaveLength(2);
    }),
  );

  it(
    "says that a refused token is for the operator, and tries again when it is asked again",
    on(REST, async () => {
      pair.simulated.source.sessions.apiToken = "rotated";
      const failure = await failureOf(pair.source.array.health());
      expect(failure).toMatchObject({ call: "POST /login", status: 401, failureClass: "needs_operator" });
      pair.simulated.source.sessions.apiToken = TOKENS.source;
      await pair.source.array.health();
    }),
  );

  it(
    "says that a role without rights is for the operator, and does not repeat",
    on(REST, async () => {
      pair.simulated.source.sessions.isReadOnly = true;
      const failure = await failureOf(pair.source.array.ensureGroup(GROUP));
      expect(failure).toMatchObject({ status: 403, failureClass: "needs_operator", effect: "none" });
      expect(calls(/protection-groups$/).filter((call) => call.method === "POST")).toHaveLength(1);
    }),
  );

  it(
    "waits a second when the array is too busy, a minute when the minute is used up",
    on(REST, async () => {
      await pair.source.array.health();
      const busy = (remaining: string) =>
        pair.conditions.inject({
          service: "array-a",
          times: 1,
          path: /volumes$/,
          fault: { kind: "refuse", status: 429, headers: { "X-RateLimit-Remaining-minute": remaining } },
        });
      busy("7");
      const before = pair.clock.now();
      await pair.source.array.findVolume("volume-x");
      expect(pair.clock.now() - before).toBe(1_000);
      busy("0");
      await pair.source.array.findVolume("volume-x");
      expect(pair.clock.now() - before).toBe(61_000);
    }),
  );

  it(
    "stops after five tries against an array that stays busy",
    on(REST, async () => {
      pair.conditions.inject({ service: "array-a", path: /volumes$/, fault: { kind: "refuse", status: 429 } });
      expect(await failureOf(pair.source.array.findVolume("volume-x"))).toMatchObject({
        status: 429,
        failureClass: "retryable",
        effect: "none",
      });
      expect(calls(/volumes$/)).toHaveLength(5);
    }),
  );

  it(
    "does not repeat after an internal error, and says that it may have had its effect",
    on(REST, async () => {
      pair.conditions.inject({
        service: "array-a",
        method: "POST",
        path: /groups$/,
        fault: { kind: "refuse", status: 500 },
      });
      const failure = await failureOf(pair.source.array.ensureGroup(GROUP));
      expect(failure).toMatchObject({ status: 500, failureClass: "retryable", effect: "unknown" });
      expect(calls(/groups$/).filter((call) => call.method === "POST")).toHaveLength(1);
    }),
  );

  it(
    "passes the array's own text on when it knows no meaning for it",
    on(REST, async () => {
      const body = { errors: [{ context: GROUP, message: "Something quite new." }] };
      const fault = { kind: "refuse", status: 400, body } as const;
      pair.conditions.inject({ service: "array-a", method: "POST", path: /groups$/, fault });
      const failure = await failureOf(pair.source.array.ensureGroup(GROUP));
      expect(failure).toMatchObject({
        failureClass: "final",
        detail: `${GROUP}: Something quite new.`,
        effect: "none",
      });
      const known = await failureOf(pair.source.array.setMembers("protector-none", [DISKS[0]]));
      expect(known.remoteRequestId).toMatch(/^[0-9a-f-]{36}$/);
    }),
  );

  it(
    "adds members although the array complains that one is there already",
    on(REST, async () => {
      layOutDisks(pair);
      await pair.source.array.ensureGroup(GROUP);
      const body = { errors: [{ context: DISKS[0], message: "Volume already belongs to the protection group." }] };
      const fault = { kind: "refuse", status: 400, body } as const;
      pair.conditions.inject({ service: "array-a", method: "POST", path: /groups\/volumes$/, times: 1, fault });
      await pair.source.array.setMembers(GROUP, DISKS);
      expect((await pair.source.array.findGroup(GROUP))?.members).toEqual([...DISKS]);
    }),
  );

  it(
    "does not try again when the array's certificate is not trusted",
    on(REST, async () => {
      let tries = 0;
      const transport: HttpTransport = async (request) => {
        tries += 1;
        throw new HttpTransportError("unreachable", `${request.method} ${request.url}: DEPTH_ZERO_SELF_SIGNED_CERT`);
      };
      const driver = flashArrayDriver({ transport, clock: pair.clock, random: seededRandom(1) });
      const array = driver.connect({ url: "https://127.0.0.23", apiToken: "t", tls: {} });
      expect((await failureOf(array.identify())).failureClass).toBe("needs_operator");
      expect(tries).toBeLessThanOrEqual(2);
    }),
  );

  it(
    "names a count limit as something for the operator",
    on(REST, async () => {
      layOutDisks(pair);
      await protect(pair);
      await replicate(pair, "p-1");
      pair.simulated.target.model.volumeLimit = 0;
      const request = { source: onTarget(pair), suffix: "p-1", sourceVolume: DISKS[0], name: "protector-c-1" };
      expect((await failureOf(pair.target.array.ensureClone(request))).failureClass).toBe("needs_operator");
    }),
  );

  it(
    "never shows a token in an error",
    on(REST, async () => {
      const body = { errors: [{ context: TOKENS.source, message: `bad token ${TOKENS.source}` }] };
      pair.conditions.inject({ service: "array-a", path: /login$/, fault: { kind: "refuse", status: 400, body } });
      const error = await pair.source.array.health().catch((reason: unknown) => reason as Error);
      expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(TOKENS.source);
      expect(String(error)).toContain("***");
      pair.conditions.clear();
      pair.conditions.inject({ service: "array-b", fault: { kind: "lost_answer" } });
      const silent = await pair.target.array.health().catch((reason: unknown) => reason as Error);
      expect(JSON.stringify([silent, String(silent), String((silent as Error).cause)])).not.toContain(TOKENS.target);
    }),
  );

  it(
    "keeps every URL under 4 KB and reads listings of more than a page whole",
    on({ minor: 4 }, async () => {
      const names = Array.from({ length: 1_130 }, (_, index) => `volume-${String(index).padStart(36, "0")}-cinder`);
      for (const name of names) pair.source.model.createVolume(name, GIB);
      await protectThese(names);
      await replicate(pair, "p-1");
      const held = await pair.target.array.volumesOfPoint(onTarget(pair), "p-1");
      expect(new Set(held.map((volume) => volume.sourceVolume))).toEqual(new Set(names));
      const longest = Math.max(...pair.conditions.calls.map((call) => call.path.length + call.query.length));
      expect(longest).toBeLessThan(4_096);
    }),
  );

  async function protectThese(names: readonly string[]): Promise<void> {
    layOutDisks(pair);
    await protect(pair);
    await pair.source.array.setMembers(GROUP, names);
  }

  it(
    "refuses names that would mean something else in a filter before anything is sent",
    on(REST, async () => {
      for (const name of ["volume-*", "a' or name='b", "", "a,b"]) {
        expect((await failureOf(pair.source.array.findVolume(name))).failureClass).toBe("final");
      }
      expect(pair.conditions.calls).toEqual([]);
    }),
  );
});
