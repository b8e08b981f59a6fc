import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { parseDatabaseUrl } from "../../packages/server/src/config/database-url.ts";
import {
  type DatabaseConnection,
  migrate,
  openDatabase,
  openSqlite,
  type SqliteOptions,
} from "../../packages/server/src/db/index.ts";
import { serviceAddress } from "./ensure-services.ts";

/** A database that nobody else uses. */
export interface FreshDatabase {
  readonly connection: DatabaseConnection;
  /**
   * Another pool on the same database, as another process has it; on SQLite the same one.
   * @param throughPort of a proxy on 127.0.0.1 before the MariaDB.
   */
  another(throughPort?: number): DatabaseConnection;
  /** Closes every connection and deletes the database. */
  drop(): Promise<void>;
}

/** An empty database in memory; its clock is `clock`, or the machine's. */
export function freshSqlite(options: Pick<SqliteOptions, "clock"> = {}): FreshDatabase {
  const connection = openSqlite({ path: ":memory:", ...options });
  return { connection, another: () => connection, drop: () => connection.close() };
}

/**
 * An empty database on the run's MariaDB, with the character set of the service-placement page.
 * @throws Error when the run has no MariaDB.
 */
export async function freshMariadb(): Promise<FreshDatabase> {
  const service = serviceAddress("mariadb");
  if ("missing" in service) throw new Error(service.missing);
  const parsed = parseDatabaseUrl(service.address);
  if (!("dsn" in parsed) || parsed.dsn.dialect !== "mysql") throw new Error("the test MariaDB has no usable DSN");
  const { dsn } = parsed;
  const name = `protector_${randomBytes(6).toString("hex")}`;
  const home = openDatabase(dsn, { poolSize: 1 });
  await home.db.schema.createSchema(name).execute();
  const connections: DatabaseConnection[] = [];
  const another = (throughPort?: number) => {
    const place = throughPort === undefined ? {} : { host: "127.0.0.1", port: throughPort };
    const connection = openDatabase({ ...dsn, ...place, database: name }, { poolSize: 5 });
    connections.push(connection);
    return connection;
  };
  return {
    connection: another(),
    another,
    drop: async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await home.db.schema.dropSchema(name).execute();
      await home.close();
    },
  };
}

/** What a suite of {@link describeDatabases} gets: the database is there from `beforeAll` on. */
export interface DatabaseSuite {
  readonly kind: DatabaseConnection["kind"];
  readonly connection: DatabaseConnection;
  another(): DatabaseConnection;
}

/**
 * Runs a suite once on SQLite and once on MariaDB, each on a fresh database with the tables made
 * (`isEmpty: true`: without them). Without a MariaDB its half is skipped, with the reason in its name.
 */
export function describeDatabases(
  name: string,
  suite: (database: DatabaseSuite) => void,
  { isEmpty = false }: { readonly isEmpty?: boolean } = {},
): void {
  const mariadb = serviceAddress("mariadb");
  describe(`${name} on SQLite`, () => prepared("sqlite", async () => freshSqlite()));
  if ("missing" in mariadb)
    describe.skip(`${name} on MariaDB (skipped: ${mariadb.missing})`, () => prepared("mariadb", freshMariadb));
  else describe(`${name} on MariaDB`, () => prepared("mariadb", freshMariadb));

  function prepared(kind: DatabaseConnection["kind"], open: () => Promise<FreshDatabase>): void {
    let fresh: FreshDatabase | undefined;
    const current = () => {
      if (!fresh) throw new Error("the database is there from beforeAll on");
      return fresh;
    };
    beforeAll(async () => {
      fresh = await open();
      if (!isEmpty) await migrate(fresh.connection);
    });
    afterAll(() => fresh?.drop());
    suite({
      kind,
      get connection() {
        return current().connection;
      },
      another: () => current().another(),
    });
  }
}
