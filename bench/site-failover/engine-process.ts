import { type HttpResponse, type HttpTransport, HttpTransportError, seededRandom, systemClock } from "@protector/ports";
import { openSqlite } from "../../packages/server/src/db/open-sqlite.ts";
import { SecretStore } from "../../packages/server/src/domain/secrets.ts";
import { Engine } from "../../packages/server/src/engine/engine.ts";
import type { EnginePorts } from "../../packages/server/src/engine/engine-ports.ts";
import { watchesOf } from "../../packages/server/src/engine/watch/watches.ts";
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

const waiting = new Map<number, (answer: HttpResponse | undefined) => void>();
let calls = 0;

/** Calls go to the process that has the clouds. */
const transport: HttpTransport = ({ signal: _signal, tls: _tls, ...request }) =>
  new Promise((resolve, reject) => {
    const number = ++calls;
    waiting.set(number, (answer) =>
      answer ? resolve(answer) : reject(new HttpTransportError("unreachable", `${request.url}: nobody is there`)),
    );
    tell({ kind: "call", number, request });
  });

function tell(message: FromEngine): void {
  process.send?.(message);
}

async function carryOut({ site: name, databasePath, keyRing, work }: EngineTask): Promise<void> {
  const random = seededRandom(7);
  const connection = openSqlite({ path: databasePath, clock: systemClock });
  const site = { name, connection, secrets: new SecretStore(keyRing, random) };
  const cloud = (of: string) => ({ authUrl: KEYSTONES[of] ?? "" });
  const ports = enginePorts({ clock: systemClock, random, transport, cloud }, site, [], {});
  if (work.kind === "operation") await runOperation(ports, work.id);
  else await watchOnce(ports);
  await connection.close();
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  tell({ kind: "done", peakKib: maxRSS, cpuMs: (userCPUTime + systemCPUTime) / 1000 });
  process.disconnect?.();
}

async function runOperation(ports: EnginePorts, id: string): Promise<void> {
  const engine = new Engine(ports);
  await engine.look(id);
  await engine.idle();
}

/** A round of every watch at once, as an engine begins. */
async function watchOnce(ports: EnginePorts): Promise<void> {
  const watches = watchesOf(ports.settings, { messaging: () => "none" });
  await Promise.all(watches.map(({ round }) => round(ports, new AbortController().signal)));
}

process.on("message", (message: ToEngine) => {
  if (message.kind === "task") {
    void carryOut(message);
    return;
  }
  waiting.get(message.number)?.(message.answer);
  waiting.delete(message.number);
});

// Without the process that has the clouds there is nobody to answer.
process.on("disconnect", () => process.exit());
