import { seededRandom, VirtualClock } from "@protector/ports";
import {
  Conditions,
  createFlashArray,
  inProcessTransport,
  linkArrays,
  type SimulatedFlashArray,
  versionsUpTo,
} from "@protector/simulator";
import type { ArrayPair } from "../array-pair.ts";
import { flashArrayDriver } from "./index.ts";
import type { OpenApiJudge } from "./judge/openapi-judge.ts";

export interface PairOptions {
  /** Newest REST 2 version that both arrays announce. */
  readonly minor: number;
  readonly judge?: OpenApiJudge;
  /** Youngest REST version that the driver may use. */
  readonly newestVersion?: readonly [number, number];
  readonly idleTimeoutMs?: number;
}

export interface FlashArrayPair extends ArrayPair {
  readonly simulated: { readonly source: SimulatedFlashArray; readonly target: SimulatedFlashArray };
}

/** Tokens that must never show in an error. */
export const TOKENS = { source: "source-secret-token", target: "target-secret-token" } as const;

/** Two linked simulated arrays in process under a virtual clock, and drivers for both. */
export function makeFlashArrayPair(options: PairOptions): FlashArrayPair {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5));
  const random = seededRandom(1);
  const conditions = new Conditions(clock);
  const make = (name: string, address: string, apiToken: string) =>
    createFlashArray({
      name,
      clock,
      random,
      conditions,
      origin: `https://${address}`,
      apiToken,
      versions: versionsUpTo(options.minor),
      ...(options.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: options.idleTimeoutMs }),
    });
  const source = make("array-a", "127.0.0.21", TOKENS.source);
  const target = make("array-b", "127.0.0.22", TOKENS.target);
  const plain = inProcessTransport(conditions, [source.service, target.service]);
  const transport = options.judge?.watch(plain) ?? plain;
  const newest = options.newestVersion ? { newestVersion: options.newestVersion } : {};
  const driver = flashArrayDriver({ transport, clock, random: seededRandom(2), ...newest });
  const connect = (array: SimulatedFlashArray, apiToken: string) =>
    driver.connect({ url: array.service.origin, apiToken, tls: {} });
  return {
    clock,
    conditions,
    link: linkArrays(source.model, target.model, { isSync: true }),
    canDeclineDefaultProtection: options.minor >= 16,
    simulated: { source, target },
    source: {
      array: connect(source, TOKENS.source),
      rival: connect(source, TOKENS.source),
      model: source.model,
    },
    target: {
      array: connect(target, TOKENS.target),
      rival: connect(target, TOKENS.target),
      model: target.model,
    },
  };
}
