import { systemClock, systemRandom } from "@protector/ports";
import type { Command } from "commander";
import { currentRevision, headRevision } from "../db/index.ts";
import { addKey } from "../domain/key-ring.ts";
import { SecretStore } from "../domain/secrets.ts";
import type { ManageContext } from "./manage.ts";
import { prepareSite } from "./prepare-site.ts";

/** `protector-manage db …` and `secrets …` */
export function addDatabaseCommands(program: Command, context: ManageContext): void {
  const { out } = context;
  const db = program.command("db").description("this site's database");
  db.command("sync")
    .description("bring the schema to this release; make keys and site identity when there are none")
    .action(() =>
      context.withDatabase(async (database) => {
        const config = context.config();
        const { migration, siteId } = await prepareSite(config, { database, clock: systemClock, random: systemRandom });
        const { from, to, applied } = migration;
        out(applied.length === 0 ? `The schema is at revision ${to}.\n` : `Schema: ${from ?? "empty"} -> ${to}.\n`);
        out(`Site id: ${siteId}. Keys: ${config.secrets.key_repository} (copy them to every host of the site).\n`);
      }),
    );
  db.command("version")
    .description("print the schema's revision, and this release's; exit status 1 when db sync is due")
    .action(() =>
      context.withDatabase(async (database) => {
        const current = await currentRevision(database);
        const head = headRevision();
        out(`database ${current ?? "empty"}, release ${head}\n`);
        context.exit(current !== null && current >= head ? 0 : 1);
      }),
    );
  program
    .command("secrets")
    .description("passwords and tokens at rest")
    .command("rotate")
    .description(
      "add a new key and write every secret again under it; the other hosts need a copy of the key repository at once",
    )
    .action(() =>
      context.withDatabase(async (database) => {
        const { key_repository } = context.config().secrets;
        const ring = addKey(key_repository, systemRandom);
        const changed = await new SecretStore(ring, systemRandom).reencrypt(database.db);
        out(`${changed} secrets are encrypted under key ${ring.currentId} now.\n`);
        out(`Copy ${key_repository} to the other hosts of the site and restart all services.\n`);
      }),
    );
}
