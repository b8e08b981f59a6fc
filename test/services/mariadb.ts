import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { requireProgram } from "./binaries.ts";
import { answers, Daemon } from "./daemon.ts";
import { freePort } from "./free-port.ts";

const run = promisify(execFile);
const PASSWORD = "PROTECTOR_DBPASS";

/** A private MariaDB. Its default character set is `utf8`, as that of the database on the service-placement page. */
export interface Mariadb {
  readonly daemon: Daemon;
  readonly port: number;
  /** SQLAlchemy DSN of the database `protector`. */
  readonly dsn: string;
  /** Stops it and deletes its data. */
  close(): Promise<void>;
}

/** Starts a MariaDB of its own on a free port of 127.0.0.1. */
export async function startMariadb(): Promise<Mariadb> {
  const directory = mkdtempSync(join(tmpdir(), "protector-mariadb-"));
  const data = join(directory, "data");
  mkdirSync(data);
  const asUser = process.getuid?.() === 0 ? ["--user=root"] : [];
  await run(requireProgram("mariadb-install-db"), [
    "--no-defaults",
    ...asUser,
    `--datadir=${data}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    "--skip-name-resolve",
    "--innodb-log-file-size=16M",
  ]);
  const init = join(directory, "init.sql");
  writeFileSync(init, INIT_SQL);
  const port = await freePort();
  const daemon = new Daemon({
    name: "MariaDB",
    command: requireProgram("mariadbd"),
    args: [
      "--no-defaults",
      ...asUser,
      `--datadir=${data}`,
      `--socket=${join(directory, "mariadb.sock")}`,
      `--pid-file=${join(directory, "mariadb.pid")}`,
      `--init-file=${init}`,
      "--bind-address=127.0.0.1",
      `--port=${port}`,
      "--skip-name-resolve",
      "--character-set-server=utf8mb3",
      "--innodb-buffer-pool-size=128M",
      "--innodb-log-file-size=16M",
      "--innodb-flush-log-at-trx-commit=2",
    ],
    directory,
    isReady: () => answers(port),
  });
  await daemon.start();
  return {
    daemon,
    port,
    dsn: `mysql+pymysql://protector:${PASSWORD}@127.0.0.1:${port}/protector`,
    close: async () => {
      await daemon.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** As on the service-placement page; the databases of single tests beside it. One statement per line. */
const INIT_SQL = `CREATE DATABASE IF NOT EXISTS protector CHARACTER SET utf8;
CREATE USER IF NOT EXISTS 'protector'@'localhost' IDENTIFIED BY '${PASSWORD}';
CREATE USER IF NOT EXISTS 'protector'@'%' IDENTIFIED BY '${PASSWORD}';
GRANT ALL PRIVILEGES ON protector.* TO 'protector'@'localhost';
GRANT ALL PRIVILEGES ON protector.* TO 'protector'@'%';
GRANT ALL PRIVILEGES ON \`protector\\_%\`.* TO 'protector'@'localhost';
GRANT ALL PRIVILEGES ON \`protector\\_%\`.* TO 'protector'@'%';
FLUSH PRIVILEGES;
`;
