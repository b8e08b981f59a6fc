import { type HttpResponse, type HttpTransport, seededRandom, systemClock } from "@protector/ports";
import { openSqlite } from "../../packages/server/src/db/open-sqlite.ts";
import { SecretStore } from "../../packages/server/src/domain/secrets.ts";
import { Engine } from "../../packages/server/src/engine/engine.ts";
import { keepHeapSmall } from "../../packages/server/src/main/small-heap.ts";
import { enginePorts } from "../../test/world/site-engine.ts";
import type { EngineTask, FromEngine, ToEngine } from "./measure-memory.ts";

/** Where the simulated clouds are, as the world of the bench names them. */
const KEYSTONES: Readonly<Record<string, string>> = {
  "site-a": "http://127.0.0.11:5000/v3",
  "site-b": "http://127.0.0.12:5000/v3",
};

// As the program of the engine does.
keepHeapSmall();

const waiting = new Map<number, (answer: HttpResponse) => void>();
let calls = 0;

/** Calls go to the process that has the clouds. */
const transport: HttpTransport = ({ signal: _signal, tls: _tls, ...request }) =>
  new Promise((resolve) => {
    const number = ++calls;
    waiting.set(number, resolve);
    tell({ kind: "call", number, request });
  });

function tell(message: FromEngine): void {
  process.send?.(message);
}

async function work({ databasePath, keyRing, operationId }: EngineTask): Promise<void> {
  const random = seededRandom(7);
  const connection = openSqlite({ path: databasePath, clock: systemClock });
  const site = { name: "site-b" as const, connection, secrets: new SecretStore(keyRing, random) };
  const cloud = (name: string) => ({ authUrl: KEYSTONES[name] ?? "" });
  const engine = new Engine(enginePorts({ clock: systemClock, random, transport, cloud }, site, [], {}));
  await engine.look(operationId);
  await engine.idle();
  await connection.close();
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  tell({ kind: "done", peakKib: maxRSS, cpuMs: (userCPUTime + systemCPUTime) / 1000 });
  process.disconnect?.();
}

process.on("message", (message: ToEngine) => {
  if (message.kind === "task") {
    void work(message);
    return;
  }
  waiting.get(message.number)?.(message.answer);
  waiting.delete(message.number);
});

// Without the process that has the clouds there is nobody to answer.
process.on("disconnect", () => process.exit());
