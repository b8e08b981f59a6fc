import { beforeEach, describe, expect, it } from "vitest";
import { CutProxy } from "../../../../../test/chaos/cut-proxy.ts";
import { describeDatabases, type Mariadb, serviceAddress, startMariadb } from "../../../../../test/services/index.ts";
import { parseDatabaseUrl } from "../../config/database-url.ts";
import { writeJson } from "../../db/codecs.ts";
import type { DatabaseConnection } from "../../db/connection.ts";
import { migrate } from "../../db/migrate.ts";
import { openDatabase } from "../../db/open-database.ts";
import { insertProtectionGroup } from "../../db/repositories/protection-groups.ts";
import { groupRow, LOCAL_SITE, operationRow, siteRow, TEST_SITES, TEST_USER, testId } from "../../db/testing/rows.ts";
import { Journal, type JournalObserver } from "./journal.ts";
import { takeLease } from "./lease.ts";
import type { LedgerEntry } from "./ledger.ts";
import { insertSteps, loadOperation, loadSteps } from "./operation-store.ts";
import type { PlannedStep } from "./plan.ts";
import { LeaseLost } from "./step-handler.ts";

const ID = testId("oper", 1);
const PORT: LedgerEntry = { kind: "port", siteId: LOCAL_SITE, projectId: null, name: "protector-port" };

function plannedStep(key: string): PlannedStep {
  return {
    key,
    kind: "ensure",
    action: "none",
    title: key,
    phase: "prepare",
    site: "target",
    memberId: null,
    dependsOn: [],
    after: [],
    input: {},
    settings: { timeoutMs: 1000, weight: 1, onFailure: "stop", isUndoable: false, isPointOfNoReturn: false },
  };
}

/** An operation of two steps. */
async function store(connection: DatabaseConnection): Promise<void> {
  const { db } = connection;
  for (const table of ["resource_ledger", "dr_operation_steps", "dr_operations", "protection_groups", "sites"] as const)
    await db.deleteFrom(table).execute();
  await db.insertInto("sites").values(TEST_SITES).execute();
  await insertProtectionGroup(db, groupRow(1));
  await db.insertInto("dr_operations").values(operationRow(1)).execute();
  await db
    .transaction()
    .execute((trx) => insertSteps(trx, { id: ID, leaseNumber: 0 }, ["one", "two"].map(plannedStep)));
}

/** Takes the lease, whoever holds it, as after its time. */
async function journalOf(connection: DatabaseConnection, owner: string, observer?: JournalObserver) {
  const lapsed = { lease_expires_at: connection.fromNow(-1) };
  await connection.db.updateTable("dr_operations").set(lapsed).where("id", "=", ID).execute();
  const lease = await takeLease(connection, { operationId: ID, owner, leaseMs: 30_000 });
  if (!lease) throw new Error("the lease is another's");
  return new Journal(connection, lease, observer);
}

async function stored(connection: DatabaseConnection) {
  const ledger = await connection.db.selectFrom("resource_ledger").selectAll().execute();
  return { operation: await loadOperation(connection, ID), steps: await loadSteps(connection, ID), ledger };
}

/** One of each kind of write. */
function writeAll(journal: Journal): readonly Promise<void>[] {
  return [
    journal.writeStep("one", { status: "running", attempt: 1, startedAt: "now" }),
    journal.writeLedger("one", PORT, "intended", null),
    journal.confirmLedger("one", PORT, "port-1"),
    journal.writeOperation({ status: "running", phase: "prepare" }),
    journal.write("other", async (trx) => {
      await trx
        .insertInto("sites")
        .values(siteRow({ id: testId("site", 3), is_local: 0 }))
        .execute();
    }),
  ];
}

const reasons = async (writes: readonly Promise<void>[]) =>
  (await Promise.allSettled(writes)).map((result) => (result.status === "rejected" ? result.reason : "written"));

describeDatabases("the journal", (database) => {
  beforeEach(() => store(database.connection));
  const deferred = () => Promise.withResolvers<void>();

  it("writes every kind under its lease, in one commit", async () => {
    const commits: (readonly string[])[] = [];
    const journal = await journalOf(database.connection, "engine-1", {
      afterCommit: (_id, writes) => void commits.push(writes),
    });
    await Promise.all(writeAll(journal));
    expect(commits).toHaveLength(1);
    const { operation, steps, ledger } = await stored(database.connection);
    expect(operation).toMatchObject({ status: "running", phase: "prepare", lease_number: 1 });
    expect(steps).toMatchObject([
      { key: "one", status: "running", attempt: 1 },
      { key: "two", status: "pending", attempt: 0 },
    ]);
    expect(ledger).toMatchObject([{ step_key: "one", state: "present", external_id: "port-1" }]);
  });

  it.each([
    ["another engine's", "engine-2"],
    ["its own name's next one", "engine-1"],
  ])("writes nothing at all once the lease is %s, and tells every writer", async (_, nextOwner) => {
    const journal = await journalOf(database.connection, "engine-1");
    await journalOf(database.another(), nextOwner);
    const before = await stored(database.connection);
    const sites = await database.connection.db.selectFrom("sites").select("id").execute();
    const lost = await reasons(writeAll(journal));
    expect(lost.map((reason) => reason instanceof LeaseLost)).toEqual([true, true, true, true, true]);
    expect(await stored(database.connection)).toEqual(before);
    expect(await database.connection.db.selectFrom("sites").select("id").execute()).toEqual(sites);
    // It stays lost, and no longer asks the database.
    expect(await reasons(writeAll(journal))).toEqual(Array(5).fill(lost[0]));
  });

  it("writes nothing when the lease is taken while a commit waits for its turn", async () => {
    const [reached, go] = [deferred(), deferred()];
    const journal = await journalOf(database.connection, "engine-1", {
      beforeCommit: () => {
        reached.resolve();
        return go.promise;
      },
    });
    const written = reasons(writeAll(journal));
    await reached.promise;
    await journalOf(database.another(), "engine-2");
    const before = await stored(database.connection);
    go.resolve();
    for (const reason of await written) expect(reason).toBeInstanceOf(LeaseLost);
    expect(await stored(database.connection)).toEqual(before);
  });

  it("puts writes asked for during a commit into the next one together, in the order of asking", async () => {
    const commits: (readonly string[])[] = [];
    const go = deferred();
    const journal = await journalOf(database.connection, "engine-1", {
      beforeCommit: async (_id, writes) => {
        commits.push(writes);
        await go.promise;
      },
    });
    const applied: number[] = [];
    const ask = (n: number) =>
      journal.write(`w${n}`, async (trx) => {
        applied.push(n);
        await trx
          .updateTable("dr_operations")
          .set({ phase: `phase-${n}` })
          .where("id", "=", ID)
          .execute();
      });
    const first = ask(0);
    while (commits.length === 0) await Promise.resolve();
    const later = [1, 2, 3, 4, 5].map(ask);
    go.resolve();
    await Promise.all([first, ...later]);
    expect(commits).toEqual([["w0"], ["w1", "w2", "w3", "w4", "w5"]]);
    expect(applied).toEqual([0, 1, 2, 3, 4, 5]);
    expect((await loadOperation(database.connection, ID)).phase).toBe("phase-5");
  });

  it("takes nothing of a commit when one of its writes fails, and goes on with the next", async () => {
    const journal = await journalOf(database.connection, "engine-1");
    const before = await stored(database.connection);
    const fault = new Error("no");
    const failed = await reasons([...writeAll(journal), journal.write("bad", () => Promise.reject(fault))]);
    expect(failed).toEqual(Array(6).fill(fault));
    expect({ ...(await stored(database.connection)), operation: null }).toEqual({ ...before, operation: null });
    await Promise.all(writeAll(journal));
    expect((await loadOperation(database.connection, ID)).phase).toBe("prepare");
  });

  it("notices a person's request at its next commit, and only then", async () => {
    const journal = await journalOf(database.connection, "engine-1");
    let noticed = 0;
    journal.onRequest = () => {
      noticed += 1;
    };
    await journal.writeOperation({ phase: "prepare" });
    expect(noticed).toBe(0);
    const request = writeJson({ verb: "cancel" as const, user_id: TEST_USER });
    await database.another().db.updateTable("dr_operations").set({ request }).where("id", "=", ID).execute();
    await journal.writeOperation({ phase: "recover" });
    expect(noticed).toBe(1);
  });

  it("repeats a commit that the database gave up for another transaction", async ({ skip }) => {
    skip(database.kind === "sqlite", "SQLite has one writer at a time: nobody is given up");
    const journal = await journalOf(database.connection, "engine-1");
    const [entered, proceed] = [deferred(), deferred()];
    let attempts = 0;
    const lockGroup = { name: "renamed" };
    const other = database
      .another()
      .db.transaction()
      .execute(async (trx) => {
        // Heavier than the journal's, so that the journal's is the one that is given up.
        for (let n = 10; n < 40; n += 1)
          await trx
            .insertInto("sites")
            .values(siteRow({ id: testId("site", n), is_local: 0 }))
            .execute();
        await trx
          .updateTable("protection_groups")
          .set({ description: "held" })
          .where("id", "=", testId("grup", 1))
          .execute();
        proceed.resolve();
        await entered.promise;
        await trx.updateTable("dr_operations").set({ status_reason: "theirs" }).where("id", "=", ID).execute();
      });
    await proceed.promise;
    const ours = Promise.all([
      journal.writeOperation({ phase: "prepare" }),
      journal.write("group", async (trx) => {
        attempts += 1;
        entered.resolve();
        await trx.updateTable("protection_groups").set(lockGroup).where("id", "=", testId("grup", 1)).execute();
      }),
    ]);
    await Promise.all([other, ours]);
    expect(attempts).toBe(2);
    const { db } = database.connection;
    expect(await loadOperation(database.connection, ID)).toMatchObject({ phase: "prepare", status_reason: "theirs" });
    expect(await db.selectFrom("protection_groups").select(["name", "description"]).execute()).toEqual([
      { name: "renamed", description: "held" },
    ]);
  });
});

const service = serviceAddress("mariadb");

describe.skipIf("missing" in service)(
  `the journal on a MariaDB that goes away${"missing" in service ? ` (skipped: ${service.missing})` : ""}`,
  () => {
    const closing: (() => Promise<void>)[] = [];

    async function opened(mariadb: Mariadb, port = mariadb.port): Promise<DatabaseConnection> {
      const parsed = parseDatabaseUrl(mariadb.dsn.replace(`:${mariadb.port}/`, `:${port}/`));
      if (!("dsn" in parsed)) throw new Error(parsed.fault);
      const connection = openDatabase(parsed.dsn, { poolSize: 3 });
      closing.push(() => connection.close());
      return connection;
    }

    it("loses a commit cut by a crash whole, keeps one whose answer was lost whole, and is continued", {
      timeout: 60_000,
    }, async () => {
      const mariadb = await startMariadb();
      closing.push(mariadb.close);
      try {
        const connection = await opened(mariadb);
        await migrate(connection);
        await store(connection);

        // The server is killed after the statements and before the commit.
        const first = await journalOf(connection, "engine-1");
        await Promise.all(writeAll(first).slice(0, 2));
        const before = await stored(connection);
        const cut = reasons([
          first.writeStep("one", { status: "completed", output: { port: "port-1" } }),
          first.writeLedger("one", PORT, "present", "port-1"),
          first.write("crash", () => mariadb.daemon.kill()),
        ]);
        for (const reason of await cut)
          expect(reason).toMatchObject({ name: "DatabaseUnavailableError", effect: "unknown" });
        expect(await reasons([first.writeStep("two", { status: "running" })])).toMatchObject([{ effect: "none" }]);
        await mariadb.daemon.start();
        expect(await stored(connection)).toEqual(before);

        // The server commits, and its answer never arrives.
        const proxy = await CutProxy.open(mariadb.port);
        closing.push(() => proxy.close());
        const second = await journalOf(await opened(mariadb, proxy.port), "engine-2");
        await second.writeOperation({ phase: "recover" });
        proxy.loseAnswerTo("commit");
        const unknown = await reasons([
          second.writeStep("one", { status: "completed", output: { port: "port-1" } }),
          second.writeLedger("one", PORT, "present", "port-1"),
        ]);
        for (const reason of unknown)
          expect(reason).toMatchObject({ name: "DatabaseUnavailableError", effect: "unknown" });
        expect(proxy.lost).toBe(1);

        // Whoever continues reads what is there, and says again what was said already.
        const third = await journalOf(connection, "engine-3");
        expect(await stored(connection)).toMatchObject({
          operation: { phase: "recover", lease_number: 3 },
          steps: [{ status: "completed", output: { port: "port-1" } }, { status: "pending" }],
          ledger: [{ state: "present", external_id: "port-1" }],
        });
        await third.writeLedger("one", PORT, "present", "port-1");
        await third.writeStep("two", { status: "completed", output: {} });
        expect((await stored(connection)).ledger).toHaveLength(1);
        for (const reason of await reasons(writeAll(second))) expect(reason).toBeInstanceOf(LeaseLost);
      } finally {
        for (const close of closing.splice(0).reverse()) await close();
      }
    });
  },
);
