import { createHash } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../machines/command.ts";
import { imageFolder } from "../machines/image.ts";
import { Machine } from "../machines/machine.ts";
import { ensureNetwork, removeNetwork } from "../machines/network.ts";
import { INFRASTRUCTURE_FILES, SERVICES } from "./configuration/index.ts";
import { CLOUD_IMAGE } from "./image.ts";
import { waitForUnits, writeConfiguration } from "./install.ts";
import { BASE_FOLDER } from "./paths.ts";
import { hostsOf, PASSWORDS, SITES } from "./site.ts";

/*
 * The tables of all databases are the same in every cloud and take most of the time that a cloud needs to come up. They
 * are made once, in a machine that exists for this only; what it wrote becomes a read-only layer below each cloud.
 */

const NAMESPACE = "protector-openstack-schema";

/** Where the layer is or will be; other packages, databases or commands have another. */
export function schemaLayerFolder(): string {
  const services = SERVICES.map(({ name, databases, schema }) => [name, databases, schema]);
  const parts = [imageFolder(CLOUD_IMAGE), services, INFRASTRUCTURE_FILES, PASSWORDS.database];
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
  return join(BASE_FOLDER, `image-schema-${hash}`);
}

/**
 * Makes the layer when there is none.
 * @throws Error with the output of the command that failed.
 */
export async function ensureSchemaLayer(): Promise<void> {
  const layer = schemaLayerFolder();
  if (existsSync(layer)) return;
  const site = SITES["site-a"];
  const hosts = hostsOf(site);
  const machine = new Machine({
    name: "schema",
    namespace: NAMESPACE,
    address: site.address,
    hosts,
    folder: join(BASE_FOLDER, "schema"),
    layers: [imageFolder(CLOUD_IMAGE)],
    sharedFolders: {},
  });
  await machine.remove();
  try {
    await ensureNetwork({ namespace: NAMESPACE, addresses: [], hosts });
    await machine.prepare();
    writeConfiguration(machine, site);
    await machine.boot();
    await waitForUnits(machine, [{ name: "mariadb", port: 3306 }]);
    await machine.mustRun("mysql --user root", { input: databaseStatements() });
    // One after the other within a service, as each builds on the last; services have nothing to do with each other.
    await Promise.all(SERVICES.map(({ name, schema }) => makeTables(machine, name, schema)));
    await machine.shutdown();
    await mustRun("umount", [machine.root]);
    renameSync(join(machine.options.folder, "layer"), layer);
  } finally {
    await machine.remove();
    await removeNetwork(NAMESPACE);
  }
}

async function makeTables(machine: Machine, user: string, commands: readonly string[]): Promise<void> {
  for (const command of commands) await machine.mustRun(command, { user });
}

function databaseStatements(): string {
  return SERVICES.flatMap(({ name, databases }) => [
    `CREATE USER '${name}'@'%' IDENTIFIED BY '${PASSWORDS.database}';`,
    ...databases.flatMap((database) => [
      `CREATE DATABASE ${database} CHARACTER SET utf8;`,
      `GRANT ALL PRIVILEGES ON ${database}.* TO '${name}'@'%';`,
    ]),
  ]).join("\n");
}
