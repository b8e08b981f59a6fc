import { expect, it } from "vitest";
import { describeDatabases } from "../../../../test/services/index.ts";
import { currentRevision, headRevision, migrate, requireSchema } from "./migrate.ts";

const PAGE_TABLES = [
  "alembic_version",
  "consistency_groups",
  "cg_volumes",
  "dr_operations",
  "pg_members",
  "protection_groups",
  "replication_policies",
  "sites",
];

describeDatabases(
  "migrations",
  (database) => {
    it("an empty database has no revision and is refused", async () => {
      expect(await currentRevision(database.connection)).toBeNull();
      await expect(requireSchema(database.connection)).rejects.toThrow("protector-manage db sync");
    });

    it("two hosts that migrate at once both succeed and only one applies anything", async () => {
      const results = await Promise.all([migrate(database.connection), migrate(database.another())]);
      expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 1]);
      expect(await currentRevision(database.connection)).toBe(headRevision());
      await requireSchema(database.connection);
    });

    it("migrating again changes nothing", async () => {
      expect(await migrate(database.connection)).toEqual({ from: headRevision(), to: headRevision(), applied: [] });
    });

    it("SHOW TABLES names the eight tables of the service-placement page", async () => {
      const tables = await database.connection.db.introspection.getTables();
      expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(PAGE_TABLES));
    });

    it("a migration that breaks in the middle is begun anew by the next run", async () => {
      const broken = { revision: "9998_broken", step: "expand", statements: () => [TABLE, "create nonsense"] } as const;
      const mended = { revision: "9998_broken", step: "expand", statements: () => [TABLE] } as const;
      const first = { revision: headRevision(), step: "expand", statements: () => [] } as const;
      await expect(migrate(database.connection, [first, broken])).rejects.toThrow();
      expect(await currentRevision(database.connection)).toBe(headRevision());
      expect((await migrate(database.connection, [first, mended])).applied).toEqual(["9998_broken"]);
    });

    it("a revision of a later release is refused by db sync and accepted by the services", async () => {
      await expect(migrate(database.connection)).rejects.toThrow("9998_broken");
      await requireSchema(database.connection);
    });
  },
  { isEmpty: true },
);

const TABLE = "create table if not exists half_done (id integer not null primary key)";
