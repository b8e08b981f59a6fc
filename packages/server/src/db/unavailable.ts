import type { Effect } from "@protector/ports";

/** Where a database is; no password. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** The database did not answer, or refused the login. */
export class DatabaseUnavailableError extends Error {
  override readonly name = "DatabaseUnavailableError";
  /** `unknown` when the connection broke while a statement, perhaps a commit, was under way: read again before repeating. */
  readonly effect: Effect;

  constructor(message: string, options: { readonly effect: Effect; readonly cause: unknown }) {
    super(message, { cause: options.cause });
    this.effect = options.effect;
  }
}

/** Codes of mysql2 and of sockets that mean "no connection", not "bad statement". */
const CONNECTION_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_SEQUENCE_TIMEOUT",
  "ER_CON_COUNT_ERROR",
  "ER_SERVER_SHUTDOWN",
  "ER_CONNECTION_KILLED",
  "ER_NEW_ABORTING_CONNECTION",
  "HANDSHAKE_SSL_ERROR",
  "HANDSHAKE_NO_SSL_SUPPORT",
]);

/** Whether an error of mysql2 means that the connection is gone. */
export function isConnectionError(error: unknown): boolean {
  const { code, message } = facts(error);
  return CONNECTION_CODES.has(code) || message.includes("connection is in closed state");
}

/** The error for a connection that could not be made. Its first words are what operators look for in the journal. */
export function connectFailure(address: DatabaseAddress, cause: unknown): DatabaseUnavailableError {
  const { host, port, user, database } = address;
  return new DatabaseUnavailableError(
    `OperationalError: (pymysql.err.OperationalError) Can't connect to MySQL server on '${host}:${port}' (${describe(cause)}). ` +
      `Check that MariaDB runs (systemctl status mariadb), that [database] connection in protector.conf is right ` +
      `(mysql -h ${host} -P ${port} -u ${user} -p ${database} -e "SELECT 1;"), and that the database ${database} exists.`,
    { effect: "none", cause },
  );
}

/** The error for a connection that broke while in use. */
export function connectionLost(address: DatabaseAddress, cause: unknown): DatabaseUnavailableError {
  return new DatabaseUnavailableError(
    `OperationalError: (pymysql.err.OperationalError) Lost connection to MySQL server on '${address.host}:${address.port}' during query ` +
      `(${describe(cause)}). Check that MariaDB runs: systemctl status mariadb.`,
    { effect: "unknown", cause },
  );
}

function describe(cause: unknown): string {
  const { code, message } = facts(cause);
  return message === "" || message.includes(code) ? message || code : `${code}: ${message}`;
}

function facts(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return { code, message: error.message };
}
