import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { HttpRequest, HttpResponse } from "@protector/ports";
import type { KeyRing } from "../../packages/server/src/domain/key-ring.ts";
import { type BenchWorld, createBenchWorld } from "../failover/bench-world.ts";
import { INSTANT } from "../failover/cloud-times.ts";
import type { Row } from "../output/table.ts";
import { orderSiteFailover, requireCompleted, type Size } from "./many-groups.ts";

/** What the engine's process is told: an operation to run at site B, or a round of every watch at site A. */
export interface EngineTask {
  readonly kind: "task";
  readonly site: "site-a" | "site-b";
  readonly databasePath: string;
  readonly keyRing: KeyRing;
  readonly work: { readonly kind: "operation"; readonly id: string } | { readonly kind: "watches" };
}

/** From the engine's process: a call, and in the end what it came to. */
export type FromEngine =
  | { readonly kind: "call"; readonly number: number; readonly request: HttpRequest }
  | { readonly kind: "done"; readonly peakKib: number; readonly cpuMs: number };

/** To it: the answer of a call; undefined: nobody is there. */
export type ToEngine =
  | EngineTask
  | { readonly kind: "answer"; readonly number: number; readonly answer: HttpResponse | undefined };

/**
 * The same with the engine in a process of its own, against clouds that answer at once: its most resident memory. Wall time
 * is that of the machine's clock, with calls carried between processes and the simulated services' own work in it.
 */
export async function measureMemory(size: Size): Promise<Row> {
  const world = await createBenchWorld(INSTANT, Date.now());
  const { sites } = world;
  const operationId = await orderSiteFailover(sites, size);
  const beganAt = Date.now();
  const { peakKib, cpuMs, calls } = await runEngineProcess(world, "site-b", { kind: "operation", id: operationId });
  const wallMs = Date.now() - beganAt;
  await requireCompleted(sites.b.connection, operationId);
  await world.stop();
  return {
    ...size,
    clouds: "own process",
    critical_path_s: null,
    wall_s: wallMs / 1000,
    ratio: null,
    engine_cpu_s: Math.round(cpuMs) / 1000,
    steps: null,
    calls,
    engine_peak_mb: Math.round(peakKib / 1024),
  };
}

/** Runs the work to its end in a process that is nothing but an engine. `peakKib`: its most resident memory. */
export async function runEngineProcess(
  { sites, clock, folder }: BenchWorld,
  site: EngineTask["site"],
  work: EngineTask["work"],
): Promise<{ readonly peakKib: number; readonly cpuMs: number; readonly calls: number }> {
  const child = fork(new URL("./engine-process.ts", import.meta.url), { serialization: "advanced" });
  let calls = 0;
  let end: { readonly peakKib: number; readonly cpuMs: number } | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const answer = async (number: number, request: HttpRequest) => {
    // What the clouds do on their own goes on as time passes for the engine.
    await clock.advance(Math.max(0, Date.now() - clock.now()));
    const given = await clock.run(sites.world.transport(request).catch(() => undefined));
    child.send({ kind: "answer", number, answer: given } satisfies ToEngine);
  };
  child.on("message", (message: FromEngine) => {
    if (message.kind === "done") end = message;
    else {
      calls += 1;
      turn = turn.then(() => answer(message.number, message.request));
    }
  });
  const databasePath = join(folder, `${site}.sqlite`);
  const { keyRing } = site === "site-a" ? sites.a : sites.b;
  child.send({ kind: "task", site, databasePath, keyRing, work } satisfies ToEngine);
  await once(child, "exit");
  await turn;
  if (!end) throw new Error("the engine's process ended without a word");
  return { ...end, calls };
}
