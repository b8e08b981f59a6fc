import { readFileSync } from "node:fs";
import {
  CompiledQuery,
  type Driver,
  type DatabaseConnection as DriverConnection,
  Kysely,
  MysqlDialect,
  MysqlDriver,
  type MysqlPool,
  type QueryResult,
  sql,
} from "kysely";
import { createPool } from "mysql2";
import type { DatabaseConnection } from "./connection.ts";
import type { Database, DbTime } from "./schema.ts";
import { connectFailure, connectionLost, type DatabaseAddress, isConnectionError } from "./unavailable.ts";

/** A MariaDB database and how to reach it. */
export interface MariadbOptions extends DatabaseAddress {
  readonly password: string;
  /** Path of the CA certificates (PEM) that the server's certificate must come from; without it no TLS. */
  readonly sslCa?: string;
  /** Most connections at once; default 10. */
  readonly poolSize?: number;
  /** ms until a connection attempt is given up; default 10,000. */
  readonly connectTimeoutMs?: number;
}

/**
 * Opens a pool of connections; none is made before the first query.
 *
 * Every query throws {@link DatabaseUnavailableError} when the database cannot be reached.
 * @throws Error when the file of `sslCa` cannot be read.
 */
export function openMariadb(options: MariadbOptions): DatabaseConnection {
  const { host, port, user, database } = options;
  const db = new Kysely<Database>({ dialect: new PoolDialect(pool(options), { host, port, user, database }) });
  return {
    kind: "mariadb",
    db,
    now: () => sql<DbTime>`utc_timestamp(6)`,
    fromNow: (ms) => sql<DbTime>`date_add(utc_timestamp(6), interval ${Math.round(ms * 1000)} microsecond)`,
    close: () => db.destroy(),
  };
}

function pool(options: MariadbOptions): MysqlPool {
  return createPool({
    host: options.host,
    port: options.port,
    user: options.user,
    password: options.password,
    database: options.database,
    charset: "utf8mb4",
    // Times stay text on the way in and out: JavaScript's dates have no microseconds.
    dateStrings: true,
    timezone: "Z",
    connectionLimit: options.poolSize ?? 10,
    connectTimeout: options.connectTimeoutMs ?? 10_000,
    enableKeepAlive: true,
    ...(options.sslCa === undefined ? {} : { ssl: { ca: readFileSync(options.sslCa, "utf8") } }),
  }) as unknown as MysqlPool;
}

class PoolDialect extends MysqlDialect {
  readonly #pool: MysqlPool;
  readonly #address: DatabaseAddress;

  constructor(pool: MysqlPool, address: DatabaseAddress) {
    super({ pool });
    this.#pool = pool;
    this.#address = address;
  }

  override createDriver(): Driver {
    return new PoolDriver(this.#pool, this.#address);
  }
}

/** Names the database in each failure to reach it; the pool's own errors say only `ECONNREFUSED`. */
class PoolDriver extends MysqlDriver {
  readonly #address: DatabaseAddress;
  readonly #watched = new WeakSet<DriverConnection>();

  constructor(pool: MysqlPool, address: DatabaseAddress) {
    super({ pool, onCreateConnection: prepareSession });
    this.#address = address;
  }

  override async acquireConnection(): Promise<DriverConnection> {
    const connection = await super.acquireConnection().catch((cause: unknown) => {
      throw connectFailure(this.#address, cause);
    });
    if (!this.#watched.has(connection)) this.#watch(connection);
    return connection;
  }

  #watch(connection: DriverConnection): void {
    this.#watched.add(connection);
    const execute = connection.executeQuery.bind(connection);
    connection.executeQuery = async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
      try {
        return await execute<R>(query);
      } catch (cause) {
        throw isConnectionError(cause) ? connectionLost(this.#address, cause) : cause;
      }
    };
  }
}

/** Longest silence inside a transaction, in s. */
const IDLE_TRANSACTION_SECONDS = 10;

/**
 * Strict, whatever the server's default is: a value that does not fit is an error, never cut. A transaction whose client
 * has gone silent (its host lost power) is rolled back soon: its locks would keep others out for hours.
 */
async function prepareSession(connection: DriverConnection): Promise<void> {
  const settings = [
    "sql_mode = 'TRADITIONAL'",
    "time_zone = '+00:00'",
    `idle_transaction_timeout = ${IDLE_TRANSACTION_SECONDS}`,
  ];
  await connection.executeQuery(CompiledQuery.raw(`set session ${settings.join(", ")}`));
}
