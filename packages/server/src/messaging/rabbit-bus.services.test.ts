import { createServer } from "node:net";
import { systemClock, systemRandom } from "@protector/ports";
import { Connection } from "rabbitmq-client";
import { afterEach, describe, expect, test } from "vitest";
import type { MessageBus } from "./message-bus.ts";
import { RabbitBus, type RabbitOptions } from "./rabbit-bus.ts";
import { parseTransportUrl, type Transport } from "./transport-url.ts";

/** A broker to test with, e.g. `rabbit://guest:guest@127.0.0.1:5672/`; the tests declare and delete queues of their own. */
const url = process.env.PROTECTOR_TEST_RABBIT_URL;
const open: MessageBus[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((bus) => bus.close()));
});

function rabbitAt(text: string): Transport & { kind: "rabbit" } {
  const parsed = parseTransportUrl(text);
  if ("fault" in parsed || parsed.transport.kind !== "rabbit") throw new Error(`not a RabbitMQ address: ${text}`);
  return parsed.transport;
}

function busAt(text: string, options: Partial<RabbitOptions> = {}): MessageBus & { readonly warnings: string[] } {
  const warnings: string[] = [];
  const bus = new RabbitBus({
    transport: rabbitAt(text),
    exchange: "protector-test",
    connectionName: "protector-test",
    retryLowMs: 50,
    retryHighMs: 200,
    heartbeatSeconds: 60,
    isQuorum: false,
    prefetch: 4,
    mostAttempts: 3,
    confirmWithinMs: 5_000,
    clock: systemClock,
    warn: (text) => warnings.push(text),
    ...options,
  });
  open.push(bus);
  return Object.assign(bus, { warnings });
}

describe("without a broker", () => {
  test("a publish is not announced, soon and without failing", async () => {
    const port = await closedPort();
    const bus = busAt(`rabbit://u:hunter2@127.0.0.1:${port}/`);
    expect(await bus.publish(systemRandom.uuid())).toBe("not_announced");
    expect(bus.state()).toBe("reconnecting");
    expect(bus.warnings.join("\n")).not.toContain("hunter2");
  });

  test("it can be closed, also by two who do not know of each other", async () => {
    const bus = busAt(`rabbit://u:p@127.0.0.1:${await closedPort()}/`);
    bus.subscribe(async () => {});
    expect(await bus.publish(systemRandom.uuid())).toBe("not_announced");
    await bus.close();
    await bus.close();
  });

  test("a broker that says nothing is given up within the bound", async () => {
    const silent = createServer();
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, "127.0.0.1", () => resolve((silent.address() as { port: number }).port));
    });
    try {
      const bus = busAt(`rabbit://u:p@127.0.0.1:${port}/`, { confirmWithinMs: 100 });
      const before = systemClock.now();
      expect(await bus.publish(systemRandom.uuid())).toBe("not_announced");
      expect(systemClock.now() - before).toBeLessThan(2_000);
    } finally {
      silent.close();
    }
  });
});

describe.skipIf(url === undefined)("with a broker (set PROTECTOR_TEST_RABBIT_URL to run)", () => {
  const address = url ?? "";

  async function withExchange(work: (exchange: string) => Promise<void>): Promise<void> {
    const exchange = `protector-test-${systemRandom.uuid().slice(0, 8)}`;
    try {
      await work(exchange);
    } finally {
      await Promise.all(open.splice(0).map((bus) => bus.close()));
      const { hosts, username, password, vhost } = rabbitAt(address);
      const connection = new Connection({ hosts: [...hosts], username, password, vhost });
      await connection.queueDelete(`${exchange}.operations`);
      await connection.queueDelete(`${exchange}.operations.parked`);
      await connection.exchangeDelete({ exchange });
      await connection.close();
    }
  }

  test.each([false, true])("an announced operation reaches one subscriber (quorum: %s)", (isQuorum) =>
    withExchange(async (exchange) => {
      const bus = busAt(address, { exchange, isQuorum });
      const id = systemRandom.uuid();
      const seen = new Promise<string>((resolve) => bus.subscribe(async (operationId) => resolve(operationId)));
      expect(await bus.publish(id)).toBe("announced");
      expect(await seen).toBe(id);
      expect(bus.state()).toBe("connected");
    }),
  );

  test("an operation announced while nobody listens is kept", () =>
    withExchange(async (exchange) => {
      const id = systemRandom.uuid();
      expect(await busAt(address, { exchange }).publish(id)).toBe("announced");
      const later = busAt(address, { exchange });
      expect(await new Promise((resolve) => later.subscribe(async (operationId) => resolve(operationId)))).toBe(id);
    }));

  test("a message whose handler keeps failing is parked after its attempts", () =>
    withExchange(async (exchange) => {
      let attempts = 0;
      let parked: (() => void) | undefined;
      const isParked = new Promise<void>((resolve) => {
        parked = resolve;
      });
      const bus = busAt(address, { exchange, warn: (text) => text.includes("parked") && parked?.() });
      bus.subscribe(async () => {
        attempts++;
        throw new Error("no");
      });
      await bus.publish(systemRandom.uuid());
      await isParked;
      expect(attempts).toBe(3);
    }));

  test("a queue of the other kind is explained", () =>
    withExchange(async (exchange) => {
      expect(await busAt(address, { exchange }).publish(systemRandom.uuid())).toBe("announced");
      let explain: ((text: string) => void) | undefined;
      const explained = new Promise<string>((resolve) => {
        explain = resolve;
      });
      const other = busAt(address, { exchange, isQuorum: true, warn: (text) => explain?.(text) });
      expect(await other.publish(systemRandom.uuid())).toBe("not_announced");
      expect(await explained).toContain("rabbit_quorum_queue");
    }));
});

async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
