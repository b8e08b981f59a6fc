import { readFileSync } from "node:fs";
import { type HttpResponse, type HttpTransport, HttpTransportError, seededRandom, systemClock } from "@protector/ports";
import { parseDatabaseUrl } from "../../packages/server/src/config/index.ts";
import { openDatabase } from "../../packages/server/src/db/index.ts";
import { SecretStore } from "../../packages/server/src/domain/secrets.ts";
import { Engine } from "../../packages/server/src/engine/engine.ts";
import type { EnginePorts } from "../../packages/server/src/engine/engine-ports.ts";
import { watchesOf } from "../../packages/server/src/engine/watch/watches.ts";
import { keepHeapSmall } from "../../packages/server/src/main/small-heap.ts";
import { enginePorts } from "../../test/world/site-engine.ts";
import type { EngineTask, FromEngine, ToEngine } from "./run-engine.ts";

// All that the program loads is loaded here, too.
export { runEngine } from "../../packages/server/src/main/engine.ts";

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

async function carryOut({ site: name, databaseUrl, keyRing, work }: EngineTask): Promise<void> {
  const random = seededRandom(7);
  const parsed = parseDatabaseUrl(databaseUrl);
  if (!("dsn" in parsed)) throw new Error(parsed.fault);
  const connection = openDatabase(parsed.dsn);
  const site = { name, connection, secrets: new SecretStore(keyRing, random) };
  const cloud = (of: string) => ({ authUrl: KEYSTONES[of] ?? "" });
  const ports = enginePorts({ clock: systemClock, random, transport, cloud }, site, [], {});
  if (work.kind === "operation") await runOperation(ports, work.id);
  else await watchOnce(ports, work.name);
  await connection.close();
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  tell({ kind: "done", peakKib: mostResidentKib(), cpuMs: (userCPUTime + systemCPUTime) / 1000 });
  process.disconnect?.();
}

/** The kernel's own mark for this program; `maxRSS` of a child begins with what its parent had when it was forked. */
function mostResidentKib(): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

async function runOperation(ports: EnginePorts, id: string): Promise<void> {
  const engine = new Engine(ports);
  await engine.look(id);
  await engine.idle();
}

/** A round of the watch of that name; without one a round of every watch at once, as an engine begins. */
async function watchOnce(ports: EnginePorts, name: string | undefined): Promise<void> {
  const watches = watchesOf(ports.settings, { messaging: () => "none" });
  const wanted = name === undefined ? watches : watches.filter((watch) => watch.name === name);
  await Promise.all(wanted.map(({ round }) => round(ports, new AbortController().signal)));
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
