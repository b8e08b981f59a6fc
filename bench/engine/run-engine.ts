import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HttpRequest, HttpResponse } from "@protector/ports";
import { parseDatabaseUrl } from "../../packages/server/src/config/index.ts";
import type { DatabaseConnection } from "../../packages/server/src/db/connection.ts";
import { openDatabase } from "../../packages/server/src/db/open-database.ts";
import type { KeyRing } from "../../packages/server/src/domain/key-ring.ts";
import { SMALL_YOUNG_GENERATION } from "../../packages/server/src/main/small-heap.ts";
import { bundleCode } from "../../packaging/bundle.ts";
import { startMariadb } from "../../test/services/index.ts";
import type { BenchWorld } from "../failover/bench-world.ts";
import { copyToMariadb } from "./copy-database.ts";

/** What the engine's process is told: an operation to run, or a round of watches: of one, or of all at once. */
export interface EngineTask {
  readonly kind: "task";
  readonly site: "site-a" | "site-b";
  /** As `[database] connection` has it. */
  readonly databaseUrl: string;
  readonly keyRing: KeyRing;
  readonly work:
    | { readonly kind: "operation"; readonly id: string }
    | { readonly kind: "watches"; readonly name?: string };
}

/** From the engine's process: a call, and in the end what it came to. */
export type FromEngine =
  | { readonly kind: "call"; readonly number: number; readonly request: HttpRequest }
  | ({ readonly kind: "done" } & Used);

/** To it: the answer of a call; undefined: nobody is there. */
export type ToEngine =
  | EngineTask
  | { readonly kind: "answer"; readonly number: number; readonly answer: HttpResponse | undefined };

/** `peakKib`: the most resident memory. */
interface Used {
  readonly peakKib: number;
  readonly cpuMs: number;
}

/** What an engine in a process of its own took. */
export interface EngineRun {
  readonly wall_s: number;
  readonly engine_cpu_s: number;
  readonly calls: number;
  readonly engine_peak_mb: number;
}

/**
 * Runs the work to its end in a process that is nothing but an engine as it is installed: plain JavaScript with everything
 * that the program loads, V8 set up alike, its site's database in a MariaDB.
 * @param check of the site's database afterwards.
 */
export async function runEngineProcess(
  world: BenchWorld,
  task: Pick<EngineTask, "site" | "work">,
  check: (connection: DatabaseConnection) => Promise<unknown> = async () => {},
): Promise<EngineRun> {
  const { connection: seeded, keyRing } = task.site === "site-a" ? world.sites.a : world.sites.b;
  const mariadb = await startMariadb();
  const folder = mkdtempSync(join(tmpdir(), "protector-bench-engine-"));
  try {
    const connection = openUrl(mariadb.dsn);
    await copyToMariadb(seeded, connection);
    const program = await bundleEngine(folder);
    const beganAt = Date.now();
    const { used, calls } = await answerCalls(world, program, {
      kind: "task",
      ...task,
      databaseUrl: mariadb.dsn,
      keyRing,
    });
    const wallMs = Date.now() - beganAt;
    await check(connection);
    await connection.close();
    return {
      wall_s: wallMs / 1000,
      engine_cpu_s: Math.round(used.cpuMs) / 1000,
      calls,
      engine_peak_mb: Math.round(used.peakKib / 1024),
    };
  } finally {
    rmSync(folder, { recursive: true });
    await mariadb.close();
  }
}

function openUrl(url: string): DatabaseConnection {
  const parsed = parseDatabaseUrl(url);
  if (!("dsn" in parsed)) throw new Error(parsed.fault);
  return openDatabase(parsed.dsn);
}

/** @returns path of the program. */
async function bundleEngine(folder: string): Promise<string> {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const entry = fileURLToPath(new URL("./engine-process.ts", import.meta.url));
  await bundleCode({ "engine-process": entry }, { dir: folder, format: "esm" });
  return join(folder, "engine-process.js");
}

async function answerCalls(
  { sites, clock }: BenchWorld,
  program: string,
  task: EngineTask,
): Promise<{ readonly used: Used; readonly calls: number }> {
  const child = fork(program, { serialization: "advanced", execArgv: [SMALL_YOUNG_GENERATION] });
  let calls = 0;
  let used: Used | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const answer = async (number: number, request: HttpRequest) => {
    // What the clouds do on their own goes on as time passes for the engine.
    await clock.advance(Math.max(0, Date.now() - clock.now()));
    const given = await clock.run(sites.world.transport(request).catch(() => undefined));
    child.send({ kind: "answer", number, answer: given } satisfies ToEngine);
  };
  child.on("message", (message: FromEngine) => {
    if (message.kind === "done") used = message;
    else {
      calls += 1;
      turn = turn.then(() => answer(message.number, message.request));
    }
  });
  child.send(task satisfies ToEngine);
  await once(child, "exit");
  await turn;
  if (!used) throw new Error("the engine's process ended without a word");
  return { used, calls };
}
