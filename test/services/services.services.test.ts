import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { answers, serviceAddress, startMemcached, startRabbitmq } from "./index.ts";

const rabbitmq = serviceAddress("rabbitmq");
const memcached = serviceAddress("memcached");
const AMQP_GREETING = "AMQP\0\0\x09\x01";
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Addresses, as /proc writes them, that something listens on at `ports`. */
function listeningAddresses(ports: readonly number[]): readonly string[] {
  const lines = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => readFileSync(file, "utf8").split("\n"));
  return lines.flatMap((line) => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    const [address = "", port = ""] = local.split(":");
    return state === LISTENING && ports.includes(Number.parseInt(port, 16)) ? [address] : [];
  });
}

const LISTENING = "0A";
/** 127.0.0.1 and ::1, where the Erlang port mapper always listens too. */
const LOOPBACK = ["0100007F", "00000000000000000000000001000000"];

describe.skipIf("missing" in rabbitmq)(
  `RabbitMQ${"missing" in rabbitmq ? ` (skipped: ${rabbitmq.missing})` : ""}`,
  () => {
    it("the run's broker answers", async () => {
      const { port } = new URL("address" in rabbitmq ? rabbitmq.address : "");
      expect(await answers(Number(port), AMQP_GREETING)).toBe(true);
    });

    it("one of a test's own stops, comes back on its port, and hears nothing from beyond this machine", async () => {
      const broker = await startRabbitmq();
      closing.push(broker.close);
      const addresses = listeningAddresses(broker.ports);
      expect(addresses.length).toBeGreaterThanOrEqual(3);
      expect(addresses.filter((address) => !LOOPBACK.includes(address))).toEqual([]);
      await broker.daemon.stop();
      expect(await answers(broker.port, AMQP_GREETING)).toBe(false);
      await broker.daemon.start();
      expect(await answers(broker.port, AMQP_GREETING)).toBe(true);
    }, 60_000);
  },
);

describe.skipIf("missing" in memcached)(
  `memcached${"missing" in memcached ? ` (skipped: ${memcached.missing})` : ""}`,
  () => {
    it("one that is killed is gone, and one that is paused does not answer until it goes on", async () => {
      const own = await startMemcached();
      closing.push(own.close);
      own.daemon.pause();
      expect(await answers(own.port, "version\r\n")).toBe(false);
      own.daemon.resume();
      expect(await answers(own.port, "version\r\n")).toBe(true);
      await own.daemon.kill();
      expect(await answers(own.port, "version\r\n")).toBe(false);
    });
  },
);
