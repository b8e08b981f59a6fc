import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, VirtualClock } from "@protector/ports";
import { afterEach, describe, expect, it } from "vitest";
import { writeTime } from "./codecs.ts";
import { migrate } from "./migrate.ts";
import { openSqlite, withGate } from "./open-sqlite.ts";

const START = Date.UTC(2026, 0, 1);
const directories: string[] = [];
const file = () => {
  const directory = mkdtempSync(join(tmpdir(), "protector-sqlite-"));
  directories.push(directory);
  return join(directory, "protector.db");
};
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

const secret = (id: string) => ({ id, purpose: "p", key_id: "k", ciphertext: "c", created_at: writeTime(START) });

describe("SQLite", () => {
  it("tells the time of the clock that it is given", async () => {
    const clock = new VirtualClock(START);
    const connection = openSqlite({ path: ":memory:", clock });
    await clock.advance(3_600_000);
    const row = await connection.db.selectNoFrom(connection.now().as("now")).executeTakeFirstOrThrow();
    expect(row.now).toBe("2026-01-01 01:00:00.000000");
  });

  it("works on microtasks only: a virtual clock with nothing to wake still sees every query done", async () => {
    const clock = new VirtualClock(START);
    const connection = openSqlite({ path: ":memory:", clock });
    const work = async () => {
      await migrate(connection);
      await Promise.all(
        ["a", "b", "c"].map((id) =>
          connection.db
            .transaction()
            .execute((transaction) => transaction.insertInto("secrets").values(secret(id)).execute()),
        ),
      );
      return connection.db.selectFrom("secrets").select("id").execute();
    };
    expect(await clock.run(work())).toHaveLength(3);
  });

  it("transactions wait for each other, also across handles behind gates, and a failed one leaves nothing", async () => {
    const connection = openSqlite({ path: ":memory:" });
    await migrate(connection);
    const other = withGate(connection, () => Promise.resolve());
    const events: string[] = [];
    const slow = connection.db.transaction().execute(async (transaction) => {
      await transaction.insertInto("secrets").values(secret("slow")).execute();
      await Promise.resolve();
      events.push("slow");
      throw new Error("rolled back");
    });
    const fast = other.db
      .selectFrom("secrets")
      .select("id")
      .execute()
      .then((rows) => events.push(`fast saw ${rows.length}`));
    await expect(slow).rejects.toThrow("rolled back");
    await fast;
    expect(events).toEqual(["slow", "fast saw 0"]);
  });

  it("a gate that stays shut stops the next statement, and lets a transaction that runs finish", async () => {
    const clock = new VirtualClock(START);
    const connection = openSqlite({ path: ":memory:", clock });
    await clock.run(migrate(connection));
    let isKilled = false;
    const killed = withGate(connection, () => (isKilled ? new Promise(() => {}) : Promise.resolve()));
    let late = "not begun";
    const running = killed.db.transaction().execute(async (transaction) => {
      isKilled = true;
      await transaction.insertInto("secrets").values(secret("in flight")).execute();
    });
    await clock.run(running);
    void killed.db
      .insertInto("secrets")
      .values(secret("late"))
      .execute()
      .then(() => {
        late = "done";
      });
    await clock.advance(1000);
    const rows = await clock.run(connection.db.selectFrom("secrets").select("id").execute());
    expect([late, rows.map(({ id }) => id)]).toEqual(["not begun", ["in flight"]]);
  });

  it("a file is one connection for all who open it, and stays when one of them closes", async () => {
    const path = file();
    const [a, b] = [openSqlite({ path }), openSqlite({ path })];
    await Promise.all([migrate(a), migrate(b)]);
    await a.close();
    await b.db.insertInto("secrets").values(secret("kept")).execute();
    await b.close();
    await b.close();
    const again = openSqlite({ path });
    expect(await again.db.selectFrom("secrets").select("id").execute()).toHaveLength(1);
    await again.close();
    expect(() => openSqlite({ path, clock: systemClock })).not.toThrow();
  });

  it("a file that is open cannot be opened with another clock", async () => {
    const path = file();
    const connection = openSqlite({ path });
    expect(() => openSqlite({ path, clock: new VirtualClock(START) })).toThrow("another clock");
    await connection.close();
  });

  it("foreign keys hold", async () => {
    const connection = openSqlite({ path: ":memory:" });
    await migrate(connection);
    const row = { id: "t", site_id: "none", local_project_id: "l", peer_project_id: "p", created_at: writeTime(START) };
    await expect(connection.db.insertInto("tenant_mappings").values(row).execute()).rejects.toThrow("FOREIGN KEY");
  });
});
