import { seededRandom, systemClock } from "@protector/ports";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../packages/server/src/config/index.ts";
import { type MessageBus, openMessageBus } from "../../packages/server/src/messaging/index.ts";
import { type FreshDatabase, freshMariadb, type Rabbitmq, serviceAddress, startRabbitmq } from "../services/index.ts";
import { lostWrites } from "../world/lost-writes.ts";
import { type ProtectedGroup, protectThreeTier } from "../world/protected-group.ts";
import type { TestSite } from "../world/test-site.ts";
import { createTwoSites, type TwoSites } from "../world/two-sites.ts";
import { PacedClock } from "./paced-clock.ts";
import { RealEngine, type RealEngineOptions } from "./real-engine.ts";

const mariadb = serviceAddress("mariadb");
const databasePort = Number("address" in mariadb ? new URL(mariadb.address).port : 0);
const missing = ["mariadb" as const, "rabbitmq" as const].flatMap((name) => {
  const service = serviceAddress(name);
  return "missing" in service ? [service.missing] : [];
});

/** So long that nothing in a test was found by a sweep. */
const NO_SWEEP_MS = 600_000;
const SWEEP_MS = 1500;
/** What starting costs besides, on a busy machine. */
const MARGIN_MS = 1500;
const AT_ONCE = {
  cloud: {
    computeDurations: {
      buildMs: 1,
      deleteMs: 1,
      stopMs: 1,
      startMs: 1,
      rebootMs: 1,
      shelveMs: 1,
      unshelveMs: 1,
      attachMs: 1,
      detachMs: 1,
      detachLagMs: 1,
    },
    volumeDurations: { createMs: 1, deleteMs: 1, manageMs: 1, unmanageMs: 1, groupMs: 1 },
  },
  link: { transferMs: 1, appearDelayMs: 1 },
};

describe.skipIf(missing.length > 0)(
  `a site on a real MariaDB and a real RabbitMQ${missing.length > 0 ? ` (skipped: ${missing.join("; ")})` : ""}`,
  () => {
    const databases = new Map<TestSite["name"], FreshDatabase>();
    const closing: (() => Promise<void>)[] = [];
    let rabbitmq: Rabbitmq;
    let sites: TwoSites;
    let group: ProtectedGroup;

    beforeAll(async () => {
      const broker = startRabbitmq();
      for (const name of ["site-a", "site-b"] as const) databases.set(name, await freshMariadb());
      const clock = new PacedClock(10);
      sites = await createTwoSites(1, { ...AT_ONCE, clock, database: (name) => databaseOf(name).connection });
      group = await protectThreeTier(sites);
      clock.slowDown();
      rabbitmq = await broker;
    });
    afterEach(async () => {
      await Promise.all(closing.splice(0).map((close) => close()));
    });
    afterAll(async () => {
      sites.stop();
      for (const database of databases.values()) await database.drop();
      await rabbitmq.close();
    });

    function databaseOf(name: TestSite["name"]): FreshDatabase {
      const database = databases.get(name);
      if (!database) throw new Error(`no database of ${name}`);
      return database;
    }

    /** A bus as a program of the site opens it; it does not wait long between attempts to connect. */
    function openBus(): MessageBus {
      const url = rabbitmq.url.replace("amqp://", "rabbit://");
      const text = `[DEFAULT]\ntransport_url = ${url}\n[oslo_messaging_rabbit]\nrabbit_interval_max = 1\n`;
      const { config } = loadConfig({ files: ["protector.conf"], env: {}, read: () => text });
      const bus = openMessageBus(config, { clock: systemClock, warn: () => {}, name: "protector-test" });
      closing.push(() => bus.close());
      return bus;
    }

    async function connected(): Promise<MessageBus> {
      const bus = openBus();
      await vi.waitFor(() => expect(bus.state()).toBe("connected"), 10_000);
      return bus;
    }

    async function start(
      options: Omit<RealEngineOptions, "database" | "databasePort" | "host"> & { host?: string },
    ): Promise<RealEngine> {
      const database = databaseOf(options.site.name);
      const engine = await RealEngine.start(sites, { host: "engine-1", ...options, database, databasePort });
      closing.push(() => engine.stop());
      return engine;
    }

    const statusOf = async (site: TestSite, id: string) => {
      const { db } = site.connection;
      const row = await db.selectFrom("dr_operations").select("status").where("id", "=", id).executeTakeFirstOrThrow();
      return row.status;
    };
    const completed = (site: TestSite, id: string, timeout = 20_000) =>
      vi.waitFor(async () => expect(await statusOf(site, id)).toBe("completed"), { timeout, interval: 50 });
    const sync = () => sites.order(sites.a, group.id, { type: "sync" });

    it("starts an operation as soon as its message comes", async () => {
      const engine = await start({ site: sites.a, bus: await connected(), sweepMs: NO_SWEEP_MS });
      const announcer = await connected();
      const id = await sync();
      const ordered = sites.clock.now();
      expect(await announcer.publish(id)).toBe("announced");
      await completed(sites.a, id);
      expect(engine.taken(id)).toHaveLength(1);
      expect((engine.taken(id)[0]?.at ?? Number.NaN) - ordered).toBeLessThan(1000);
    });

    it("carries an operation out once, however often and in whatever order its messages come", async () => {
      const bus = await connected();
      const engines = [
        await start({ site: sites.a, bus, sweepMs: SWEEP_MS }),
        await start({ site: sites.a, bus: await connected(), sweepMs: SWEEP_MS, host: "engine-2" }),
      ];
      const ids = [await sync(), await sites.order(sites.a, group.id, { type: "sync", isDryRun: true })];
      const messages = Array.from({ length: 20 }, () => [...ids, sites.random.uuid()]).flat();
      const random = seededRandom(7);
      const shuffled = messages.map((id) => ({ id, at: random.fraction() })).sort((x, y) => x.at - y.at);
      await Promise.all(shuffled.map(({ id }) => bus.publish(id)));
      for (const id of ids) await completed(sites.a, id);
      // And once more, late.
      expect(await Promise.all(ids.map((id) => bus.publish(id)))).toEqual(["announced", "announced"]);
      const last = await sync();
      await bus.publish(last);
      await completed(sites.a, last);
      for (const id of ids)
        expect(engines.flatMap((engine) => engine.taken(id))).toMatchObject([{ leaseNumber: 1, isTakeover: false }]);
      const again = await sites.a.connection.db
        .selectFrom("dr_operation_steps")
        .select("step_key")
        .where("operation_id", "in", ids)
        .where("attempt", "!=", 1)
        .execute();
      expect(again).toEqual([]);
      expect(sites.world.problems).toEqual([]);
    });

    it("finds by its sweep what was ordered while the broker was stopped, and hears messages again when it is back", {
      timeout: 60_000,
    }, async () => {
      const [bus, announcer] = [await connected(), await connected()];
      const engine = await start({ site: sites.a, bus, sweepMs: SWEEP_MS });
      await rabbitmq.daemon.stop();
      const id = await sync();
      const ordered = sites.clock.now();
      expect(await announcer.publish(id)).toBe("not_announced");
      expect(sites.clock.now() - ordered).toBeLessThan(3000);
      await completed(sites.a, id);
      expect((engine.taken(id)[0]?.at ?? Number.NaN) - ordered).toBeLessThan(SWEEP_MS + MARGIN_MS);
      await rabbitmq.daemon.start();
      await engine.stop();

      // Only its message can tell this engine of the next one, and the broker is killed in the middle of it.
      const isKilled = Promise.withResolvers<void>();
      const observer = { afterCommit: () => isKilled.promise };
      const options = { site: sites.a, sweepMs: NO_SWEEP_MS, host: "engine-2", observer };
      const listener = await start({ ...options, bus: await connected() });
      await vi.waitFor(() => expect(announcer.state()).toBe("connected"), 10_000);
      const during = await sync();
      expect(await announcer.publish(during)).toBe("announced");
      await vi.waitFor(() => expect(listener.taken(during)).toHaveLength(1));
      await rabbitmq.daemon.kill();
      isKilled.resolve();
      await completed(sites.a, during);
      expect(await announcer.publish(during)).toBe("not_announced");
      await rabbitmq.daemon.start();
      const later = await sync();
      await vi.waitFor(async () => expect(await announcer.publish(later)).toBe("announced"), 15_000);
      await completed(sites.a, later);
      expect(listener.taken(during)).toHaveLength(1);
      expect(sites.world.problems).toEqual([]);
    });

    it("goes on within a lease and a sweep when an engine is killed in the middle of a failover", {
      timeout: 60_000,
    }, async () => {
      for (const { server } of group.servers) sites.world.cloud("site-a").guest(server.id).startWriting(200);
      const leaseMs = 3000;
      let commits = 0;
      let killedAt = Number.NaN;
      const first: RealEngine = await start({
        site: sites.b,
        sweepMs: 1000,
        leaseMs,
        observer: {
          afterCommit: async () => {
            commits += 1;
            if (commits !== 40) return;
            killedAt = sites.clock.now();
            await first.kill();
            await new Promise(() => {});
          },
        },
      });
      const id = await sites.order(sites.b, group.id, { type: "failover", mode: "planned" });
      await vi.waitFor(() => expect(first.taken(id)).toHaveLength(1), 5000);
      const second = await start({ site: sites.b, sweepMs: 1000, leaseMs, host: "engine-2" });
      await vi.waitFor(() => expect(second.taken(id)).toHaveLength(1), 20_000);
      const [taken] = second.taken(id);
      expect(taken).toMatchObject({ isTakeover: true, leaseNumber: 2 });
      expect((taken?.at ?? Number.NaN) - killedAt).toBeLessThan(leaseMs + 1000 + MARGIN_MS);
      await completed(sites.b, id, 40_000);
      expect(second.taken(id)).toHaveLength(1);
      expect({ problems: sites.world.problems, lost: lostWrites(sites, group) }).toEqual({ problems: [], lost: [] });
    });
  },
);
