import Fastify from "fastify";
import { createPool } from "mysql2/promise";
import { parseDatabaseUrl } from "../../packages/server/src/config/index.ts";
import type { CapturedQuery } from "./captured-query.ts";

/** A process with nothing but Fastify and mysql2: one route, one query, its rows as JSON. Sends its parent where it listens. */
const [dsnText = "", queryText = "{}"] = process.argv.slice(2);
const parsed = parseDatabaseUrl(dsnText);
if (!("dsn" in parsed) || parsed.dsn.dialect !== "mysql") throw new Error("the bench needs a MariaDB");
const { host, port, user, password, database } = parsed.dsn;
const { sql, parameters } = JSON.parse(queryText) as CapturedQuery;
const pool = createPool({ host, port, user, password, database, charset: "utf8mb4", dateStrings: true, timezone: "Z" });
const app = Fastify({ logger: false });
app.get("/groups", async () => {
  const [rows] = await pool.query(sql, [...parameters]);
  return { protection_groups: (rows as unknown[]).slice(0, 100) };
});
const address = await app.listen({ host: "127.0.0.1", port: 0 });
process.send?.({ url: `${address}/groups` });
