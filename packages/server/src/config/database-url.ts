import type { DatabaseDsn } from "../db/open-database.ts";

const ACCEPTED = "mysql+pymysql://user:password@host[:port]/database[?ssl_ca=file] or sqlite:///file";
const MYSQL = /^(mysql|mariadb)(\+(pymysql|mysqldb|mariadbconnector))?$/;

/** The database, or what is wrong with the text; the fault never holds the password. */
export type ParsedDatabaseUrl = { readonly dsn: DatabaseDsn } | { readonly fault: string };

/**
 * Reads a database URL in SQLAlchemy's form. Of its parameters `ssl_ca` counts; `charset` is always `utf8mb4` here.
 * A password may be percent-encoded; an `@` or `/` in it may also stand bare.
 * Source: https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls
 */
export function parseDatabaseUrl(text: string): ParsedDatabaseUrl {
  const found = /^([a-z0-9+_]+):\/\/(.*)$/is.exec(text);
  if (!found) return { fault: `is no database URL: ${ACCEPTED} is` };
  const [, scheme = "", rest = ""] = found;
  const mark = rest.lastIndexOf("?");
  // A question mark before the last @ is part of the password.
  const hasQuery = mark > rest.lastIndexOf("@");
  const location = hasQuery && mark >= 0 ? rest.slice(0, mark) : rest;
  const query = new URLSearchParams(hasQuery && mark >= 0 ? rest.slice(mark + 1) : "");
  if (scheme === "sqlite") return parseSqlite(location);
  if (MYSQL.test(scheme)) return parseMysql(location, query);
  return { fault: `databases of kind ${scheme} are not supported: ${ACCEPTED} is accepted` };
}

/** `sqlite:///relative`, `sqlite:////absolute`, `sqlite://` for one in memory. */
function parseSqlite(location: string): ParsedDatabaseUrl {
  if (location === "" || location === "/:memory:") return { dsn: { dialect: "sqlite", path: ":memory:" } };
  if (!location.startsWith("/") || location === "/") {
    return { fault: "sqlite takes three slashes before a relative file and four before an absolute one" };
  }
  return { dsn: { dialect: "sqlite", path: location.slice(1) } };
}

function parseMysql(location: string, query: URLSearchParams): ParsedDatabaseUrl {
  const at = location.lastIndexOf("@");
  if (at < 0) return { fault: `names no user: ${ACCEPTED} is accepted` };
  const [user = "", ...passwordParts] = location.slice(0, at).split(":");
  const place = /^(\[[^\]]+\]|[^:/]*)(?::([^/]*))?(?:\/(.*))?$/.exec(location.slice(at + 1));
  const [, host = "", port, database = ""] = place ?? [];
  if (user === "") return { fault: "names no user" };
  if (host === "") return { fault: "names no host" };
  if (database === "") return { fault: "names no database: /database is missing after the host" };
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) > 0 && Number(port) < 65536)) {
    return { fault: `"${port}" is no port` };
  }
  const sslCa = query.get("ssl_ca");
  return {
    dsn: {
      dialect: "mysql",
      host: host.replace(/^\[|\]$/g, ""),
      port: Number(port ?? 3306),
      user: decoded(user),
      password: decoded(passwordParts.join(":")),
      database: decoded(database),
      ...(sslCa ? { sslCa } : {}),
    },
  };
}

/** A bare percent sign in a password is no encoding. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
