import type { DatabaseConnection } from "../connection.ts";

/** Dialect that a statement is written for. */
export type DdlDialect = DatabaseConnection["kind"];

/** A table, written once for both dialects. */
export interface TableDefinition {
  readonly name: string;
  /** Type and constraint of each column, in the SQL that both dialects understand. */
  readonly columns: Readonly<Record<string, string>>;
  readonly primaryKey: readonly string[];
  readonly unique?: Readonly<Record<string, readonly string[]>>;
  readonly foreignKeys?: readonly ForeignKey[];
  readonly indexes?: Readonly<Record<string, readonly string[]>>;
}

export interface ForeignKey {
  readonly name: string;
  readonly column: string;
  /** Table whose `id` it holds. */
  readonly references: string;
  readonly onDelete: "cascade" | "restrict";
}

/**
 * Statements that make a table. Each can run again after a crash in the middle of a migration: MariaDB commits every
 * DDL statement on its own.
 */
export function createTable(table: TableDefinition, dialect: DdlDialect): readonly string[] {
  const lines = [
    ...Object.entries(table.columns).map(([name, type]) => `${name} ${columnType(type, dialect)}`),
    `primary key (${table.primaryKey.join(", ")})`,
    ...Object.entries(table.unique ?? {}).map(([name, columns]) => `constraint ${name} unique (${columns.join(", ")})`),
    ...(table.foreignKeys ?? []).map(foreignKey),
  ];
  const indexes = Object.entries(table.indexes ?? {});
  if (dialect === "sqlite") {
    return [
      `create table if not exists ${table.name} (${lines.join(", ")})`,
      ...indexes.map(
        ([name, columns]) => `create index if not exists ${name} on ${table.name} (${columns.join(", ")})`,
      ),
    ];
  }
  const inline = indexes.map(([name, columns]) => `index ${name} (${columns.join(", ")})`);
  return [
    // The database's own character set is "utf8", which holds no character beyond the Basic Multilingual Plane.
    `create table if not exists ${table.name} (${[...lines, ...inline].join(", ")}) engine = InnoDB default character set utf8mb4 collate utf8mb4_bin`,
  ];
}

function foreignKey({ name, column, references, onDelete }: ForeignKey): string {
  return `constraint ${name} foreign key (${column}) references ${references} (id) on delete ${onDelete}`;
}

/** SQLite gives `datetime(6)` a numeric affinity; as text it is what it looks like. */
function columnType(type: string, dialect: DdlDialect): string {
  return dialect === "sqlite" ? type.replace("datetime(6)", "text") : type;
}
