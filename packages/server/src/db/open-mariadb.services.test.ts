import { describe, expect, it } from "vitest";
import { serviceAddress, startMariadb } from "../../../../test/services/index.ts";
import { parseDatabaseUrl } from "../config/database-url.ts";
import { migrate } from "./migrate.ts";
import { openDatabase } from "./open-database.ts";
import { openMariadb } from "./open-mariadb.ts";
import { DatabaseUnavailableError } from "./unavailable.ts";

const service = serviceAddress("mariadb");
const PASSWORD = "s3cret-Pa55";

function failureOf(work: Promise<unknown>): Promise<DatabaseUnavailableError> {
  return work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => (error instanceof DatabaseUnavailableError ? error : Promise.reject(error)),
  );
}

describe.skipIf("missing" in service)(`MariaDB${"missing" in service ? ` (skipped: ${service.missing})` : ""}`, () => {
  it("one that is not there is named with the words that the journal is searched for, and never the password", async () => {
    const connection = openMariadb({
      host: "127.0.0.1",
      port: 1,
      user: "protector",
      password: PASSWORD,
      database: "protector",
    });
    const failure = await failureOf(migrate(connection));
    expect(failure.message).toContain(
      "OperationalError: (pymysql.err.OperationalError) Can't connect to MySQL server on '127.0.0.1:1' (",
    );
    expect(failure.message).toContain("ECONNREFUSED");
    expect(failure.message).toContain("systemctl status mariadb");
    expect(`${failure.message}${failure.cause}`).not.toContain(PASSWORD);
    expect(failure.effect).toBe("none");
    await connection.close();
  });

  it.each([
    ["a wrong password", { password: PASSWORD }, "Access denied"],
    ["a database that is not there", { database: "protector_nothing" }, "Unknown database"],
  ])("%s is told apart from a server that is down", async (_, wrong, expected) => {
    const parsed = parseDatabaseUrl("address" in service ? service.address : "");
    if (!("dsn" in parsed) || parsed.dsn.dialect !== "mysql") throw new Error("no DSN");
    const connection = openDatabase({ ...parsed.dsn, ...wrong });
    const failure = await failureOf(migrate(connection));
    expect(failure.message).toContain("Can't connect to MySQL server");
    expect(failure.message).toContain(expected);
    expect(failure.message).not.toContain(PASSWORD);
    await connection.close();
  });

  it("a crash during a query is reported as of unknown effect, and the pool works again after a restart", async () => {
    const mariadb = await startMariadb();
    const parsed = parseDatabaseUrl(mariadb.dsn);
    if (!("dsn" in parsed)) throw new Error(parsed.fault);
    const connection = openDatabase(parsed.dsn, { poolSize: 2 });
    try {
      await migrate(connection);
      const interrupted = failureOf(
        connection.db.transaction().execute(async (transaction) => {
          await transaction.selectFrom("sites").select("id").execute();
          await mariadb.daemon.kill();
          await transaction.selectFrom("sites").select("id").execute();
        }),
      );
      expect(await interrupted).toMatchObject({
        effect: "unknown",
        message: expect.stringContaining("Lost connection"),
      });
      await failureOf(connection.db.selectFrom("sites").select("id").execute());
      await mariadb.daemon.start();
      expect(await connection.db.selectFrom("sites").select("id").execute()).toEqual([]);
    } finally {
      await connection.close();
      await mariadb.close();
    }
  });
});
