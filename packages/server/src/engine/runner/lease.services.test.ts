import { VirtualClock } from "@protector/ports";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { describeDatabases } from "../../../../../test/services/index.ts";
import { writeJson } from "../../db/codecs.ts";
import type { DatabaseConnection } from "../../db/connection.ts";
import { openMariadb } from "../../db/open-mariadb.ts";
import { insertProtectionGroup } from "../../db/repositories/protection-groups.ts";
import type { DrOperationsTable } from "../../db/schema.ts";
import { groupRow, operationRow, TEST_SITES, TEST_USER, testId } from "../../db/testing/rows.ts";
import { findDueOperations, LeaseKeeper, type TakenLease, takeLease } from "./lease.ts";
import { LeaseLost } from "./step-handler.ts";

const LEASE_MS = 30_000;
const FAR = "2099-01-01 00:00:00.000000";
const PAST = "2026-01-01 00:00:00.000000";
const RESUME = writeJson({ verb: "resume" as const, user_id: TEST_USER });
const ID = testId("oper", 1);

describeDatabases("leases", (database) => {
  beforeEach(async () => {
    const { db } = database.connection;
    for (const table of ["dr_operations", "protection_groups", "sites"] as const) await db.deleteFrom(table).execute();
    await db.insertInto("sites").values(TEST_SITES).execute();
    await insertProtectionGroup(db, groupRow(1));
  });

  const store = (n: number, changes: Partial<DrOperationsTable> = {}) =>
    database.connection.db.insertInto("dr_operations").values(operationRow(n, changes)).execute();
  const change = (changes: object, n = 1) =>
    database.connection.db.updateTable("dr_operations").set(changes).where("id", "=", testId("oper", n)).execute();
  const read = (n = 1) =>
    database.connection.db
      .selectFrom("dr_operations")
      .select(["lease_owner", "lease_number", "lease_expires_at"])
      .where("id", "=", testId("oper", n))
      .executeTakeFirstOrThrow();
  const take = (owner: string, on = database.connection, n = 1) =>
    takeLease(on, { operationId: testId("oper", n), owner, leaseMs: LEASE_MS });
  /** As if the lease's time had passed. */
  const lapse = () => change({ lease_expires_at: database.connection.fromNow(-1) });
  /** Whether the lease lasts longer than `ms` from now, by the database's clock. */
  const lasts = async (ms: number) => {
    const row = await database.connection.db
      .selectFrom("dr_operations")
      .select("id")
      .where("id", "=", ID)
      .where("lease_expires_at", ">", database.connection.fromNow(ms))
      .executeTakeFirst();
    return row !== undefined;
  };

  describe("taking", () => {
    it("gives an operation that four ask for at the same moment to exactly one, and tells the others no", async () => {
      const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
      for (const n of numbers) await store(n);
      const other = database.another();
      for (const n of numbers) {
        const asked = [database.connection, other, database.connection, other].map((on, index) =>
          take(`engine-${index}`, on, n),
        );
        const taken = (await Promise.all(asked)).filter((lease) => lease !== undefined);
        expect(taken).toMatchObject([{ operationId: testId("oper", n), number: 1, isTakeover: false }]);
        expect(await read(n)).toMatchObject({ lease_owner: taken[0]?.owner, lease_number: 1 });
      }
    });

    it("waits until the holder's lease has lapsed on the database's clock, then counts on and says so", async () => {
      await store(1);
      expect(await take("engine-1")).toMatchObject({ number: 1, isTakeover: false });
      expect([await lasts(LEASE_MS - 5000), await lasts(LEASE_MS)]).toEqual([true, false]);
      expect(await take("engine-2")).toBeUndefined();
      await lapse();
      expect(await take("engine-2")).toMatchObject({ number: 2, isTakeover: true });
    });

    it("is no take-over after the lease was given back, and needs no waiting then", async () => {
      await store(1);
      await (await keeperOf("engine-1")).keeper.giveBack();
      expect(await read()).toMatchObject({ lease_owner: null, lease_number: 1, lease_expires_at: null });
      expect(await take("engine-2")).toMatchObject({ number: 2, isTakeover: false });
    });

    it("waits only seconds for a holder that fell silent in the middle of a commit", async ({ skip }) => {
      skip(database.kind === "sqlite", "a process that dies lets go of its SQLite file at once");
      await store(1, { status: "running", lease_owner: "engine-9", lease_number: 4, lease_expires_at: PAST });
      const silent = await database.another().db.startTransaction().execute();
      await silent.updateTable("dr_operations").set({ phase: "recover" }).where("id", "=", ID).execute();
      expect(await take("engine-1")).toMatchObject({ number: 5, isTakeover: true });
      const late = silent.commit().execute();
      await expect(late).rejects.toThrow("Lost connection");
      const operation = database.connection.db.selectFrom("dr_operations").select("phase");
      expect(await operation.executeTakeFirst()).toEqual({ phase: null });
    });

    it("answers nothing for an operation that is not there", async () => {
      expect(await take("engine-1")).toBeUndefined();
    });
  });

  describe("what is due", () => {
    it.each([
      ["pending", {}, true],
      ["running", {}, true],
      ["cancelling", {}, true],
      ["rolling_back", {}, true],
      ["waiting, to be looked at later", { status: "waiting", next_look_at: FAR }, false],
      ["waiting, to be looked at since", { status: "waiting", next_look_at: PAST }, true],
      [
        "waiting, to be looked at later, with a request",
        { status: "waiting", next_look_at: FAR, request: RESUME },
        true,
      ],
      ["paused", {}, false],
      ["paused with a request", { status: "paused", request: RESUME }, true],
      ["failed", {}, false],
      ["failed with a request", { status: "failed", request: RESUME }, true],
      ["completed_with_errors with a request", { status: "completed_with_errors", request: RESUME }, true],
      ["completed with a request", { status: "completed", request: RESUME }, false],
      ["running and held", { status: "running", lease_owner: "engine-9", lease_expires_at: FAR }, false],
      ["running and held with a request", { lease_owner: "engine-9", lease_expires_at: FAR, request: RESUME }, false],
      ["running, its holder gone", { status: "running", lease_owner: "engine-9", lease_expires_at: PAST }, true],
    ] as [string, Partial<DrOperationsTable>, boolean][])("%s: %j -> %s", async (name, changes, isDue) => {
      await store(1, { status: name.split(/[ ,]/)[0] as DrOperationsTable["status"], ...changes });
      expect(await findDueOperations(database.connection, 10)).toEqual(isDue ? [ID] : []);
      expect((await take("engine-1")) !== undefined).toBe(isDue);
    });

    it("is found oldest first, as many as asked for", async () => {
      const day = (n: number) => ({ created_at: `2026-01-0${n} 00:00:00.000000` });
      await store(1, day(3));
      await store(2, day(1));
      await store(3, { ...day(2), status: "completed" });
      await store(4, day(4));
      await store(5, day(2));
      const ids = (...numbers: readonly number[]) => numbers.map((n) => testId("oper", n));
      expect(await findDueOperations(database.connection, 10)).toEqual(ids(2, 5, 1, 4));
      expect(await findDueOperations(database.connection, 3)).toEqual(ids(2, 5, 1));
    });
  });

  /** A taken lease whose keeper has a clock of its own, `skewMs` off. */
  async function keeperOf(owner: string, { skewMs = 0, on = database.connection as DatabaseConnection } = {}) {
    const clock = new VirtualClock(Date.now() + skewMs);
    const takenAt = clock.now();
    const lease = (await take(owner)) as TakenLease;
    return { clock, lease, keeper: new LeaseKeeper(on, lease, { clock, leaseMs: LEASE_MS, takenAt }) };
  }

  /** Lets a third of the lease pass and the renewal that is due then come to its end. */
  async function third(clock: VirtualClock, keeper: LeaseKeeper) {
    await clock.advance(LEASE_MS / 3);
    await vi.waitFor(() => expect(clock.sleeping === 1 || keeper.signal.aborted).toBe(true));
  }

  describe("keeping", () => {
    it.each([0, -600_000, 600_000])(
      "renews at each third on the database's clock with an engine's %d ms off",
      async (skewMs) => {
        await store(1);
        const { clock, keeper } = await keeperOf("engine-1", { skewMs });
        const kept = keeper.keep();
        for (let round = 0; round < 6; round += 1) {
          await change({ lease_expires_at: database.connection.fromNow(LEASE_MS / 3) });
          await third(clock, keeper);
          expect([await lasts(LEASE_MS - 5000), await lasts(LEASE_MS)]).toEqual([true, false]);
          expect(() => keeper.requireTimeLeft()).not.toThrow();
        }
        expect(await take("engine-2")).toBeUndefined();
        keeper.stop();
        await kept;
        expect(keeper.signal.aborted).toBe(false);
      },
    );

    it("asks for a third of the lease before a call", async () => {
      await store(1);
      const { clock, keeper } = await keeperOf("engine-1");
      await clock.advance((LEASE_MS * 2) / 3);
      expect(() => keeper.requireTimeLeft()).not.toThrow();
      await clock.advance(1);
      expect(() => keeper.requireTimeLeft()).toThrow(LeaseLost);
    });

    it("is over as soon as another has taken the operation, and giving it back then changes nothing", async () => {
      await store(1);
      const { clock, keeper } = await keeperOf("engine-1");
      const kept = keeper.keep();
      await lapse();
      await take("engine-2");
      const held = await read();
      await third(clock, keeper);
      await kept;
      expect(keeper.signal.reason).toBeInstanceOf(LeaseLost);
      expect(() => keeper.requireTimeLeft()).toThrow(LeaseLost);
      await keeper.giveBack();
      expect(await read()).toEqual(held);
    });

    it("is over when its own lease was taken again under the same name, as by a restarted engine", async () => {
      await store(1);
      const { clock, keeper } = await keeperOf("engine-1");
      const kept = keeper.keep();
      await lapse();
      await take("engine-1");
      await third(clock, keeper);
      await kept;
      expect(keeper.signal.aborted).toBe(true);
    });

    it("does not revive a lease that has lapsed, though nobody has taken it", async () => {
      await store(1);
      const { clock, keeper } = await keeperOf("engine-1");
      const kept = keeper.keep();
      await lapse();
      await third(clock, keeper);
      await kept;
      expect(keeper.signal.aborted).toBe(true);
      expect(await lasts(0)).toBe(false);
    });

    it("bears a silent database for two thirds, allows no call after, and is over with the lease", async () => {
      await store(1);
      const address = { host: "127.0.0.1", port: 1, user: "protector", password: "none", database: "protector" };
      const silent = openMariadb(address);
      const { clock, keeper } = await keeperOf("engine-1", { on: silent });
      const kept = keeper.keep();
      for (const mayCall of [true, true, false]) {
        await third(clock, keeper);
        expect(keeper.signal.aborted).toBe(false);
        if (mayCall) expect(() => keeper.requireTimeLeft()).not.toThrow();
        else expect(() => keeper.requireTimeLeft()).toThrow(LeaseLost);
      }
      await third(clock, keeper);
      await kept;
      expect(keeper.signal.reason).toBeInstanceOf(LeaseLost);
      await silent.close();
    });
  });
});
