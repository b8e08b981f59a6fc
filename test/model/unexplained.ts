import type { WorkingSites } from "../two-sites/working-sites.ts";
import { type Thing, tellThing, thingsOf } from "./things.ts";

/** What the sites' databases say there is: ids and names. */
interface Accounts {
  /** Servers of members, their volumes, groups on arrays and in Cinder. */
  readonly known: ReadonlySet<string>;
  /** First 12 hex digits of the ids of groups that there are. */
  readonly groups: readonly string[];
  /** Rows of all ledgers. */
  readonly rows: readonly LedgerRow[];
  /** Those that no other row closes. */
  readonly open: readonly LedgerRow[];
  /** Text of everything that is owed, or that an operation has said it leaves behind. */
  readonly told: string;
}

interface LedgerRow {
  readonly kind: string;
  readonly name: string;
  readonly external_id: string | null;
  readonly state: string;
  readonly site_id: string;
  readonly operation_id: string;
  readonly updated_at: string;
}

/** What of a world was there before anything was protected. */
export function thingsNow({ sites }: WorkingSites): ReadonlySet<string> {
  return new Set(thingsOf(sites.world).map(({ where, kind, id }) => `${where} ${kind} ${id}`));
}

/**
 * Objects at both clouds and arrays that were not there at the beginning and that no member, no group, no open row of the
 * ledger, no duty and no word of an operation explains; and open rows of the ledger that no object stands for.
 */
export async function unexplained(here: WorkingSites, before: ReadonlySet<string>): Promise<readonly string[]> {
  const accounts = await accountsOf(here);
  const things = thingsOf(here.sites.world);
  const made = things.filter(({ where, kind, id }) => !before.has(`${where} ${kind} ${id}`));
  const strange = made.filter((thing) => !isExplained(thing, accounts, made));
  const stale = accounts.open.filter((row) => !standsFor(row, things, accounts, here));
  return [
    ...strange.map((thing) => `nothing explains ${tellThing(thing)}`),
    ...stale.map(({ kind, name, state }) => `the ledger says ${state} of ${kind} ${name}, which is not there`),
  ];
}

function isExplained(thing: Thing, accounts: Accounts, made: readonly Thing[]): boolean {
  const { known, open, told, groups } = accounts;
  const { kind, id, of } = thing;
  const name = withoutPod(thing.name);
  if (known.has(id) || told.includes(id)) return true;
  if (open.some((row) => row.kind === kind && (row.external_id === id || row.name === name))) return true;
  switch (kind) {
    case "port":
      return of !== undefined && known.has(of);
    case "array_volume": {
      const marker = /^protector-([0-9a-f]{12})-e\d+-idle$/.exec(name)?.[1];
      if (marker !== undefined) return groups.includes(marker);
      const managed = made.find((each) => each.kind === "volume" && each.of === name);
      return told.includes(name) || (managed !== undefined && isExplained(managed, accounts, made));
    }
    case "array_group":
      // Cinder's own group of a backend, the mirror of a Cinder group, and an array's record of what was sent to it.
      return name === "cinder-group" || /^array-[abc]:/.test(name) || isMirrored(name, accounts, made);
    case "recovery_point":
      return isPointExplained(name, accounts);
    case "volume_snapshot":
      return isPointExplained(name, accounts) || told.includes(name);
    default:
      return told.includes(name);
  }
}

function isMirrored(name: string, accounts: Accounts, made: readonly Thing[]): boolean {
  const id = /^consisgroup-(.*)-cinder$/.exec(name)?.[1];
  const group = made.find((thing) => thing.kind === "cinder_group" && thing.id === id);
  return group !== undefined && isExplained(group, accounts, made);
}

/** The name within its pod of what is in one. */
function withoutPod(name: string): string {
  return name.replace(/^[^:]+::/, "");
}

/** Scheduled points belong to their group, the others to a row of the ledger. */
function isPointExplained(name: string, { groups, open, known }: Accounts): boolean {
  const match = /^(?:array-[abc]:)?protector-([0-9a-f]{12})\.([^.]+)/.exec(name);
  if (!match?.[1] || match[2] === undefined) return false;
  const suffix = match[2];
  if (/^\d+$/.test(suffix)) return groups.includes(match[1]) || name.includes(":");
  return known.has(suffix) || open.some((row) => row.kind === "recovery_point" && row.name === suffix);
}

function standsFor(row: LedgerRow, things: readonly Thing[], { rows }: Accounts, here: WorkingSites): boolean {
  const { kind, name, external_id } = row;
  const site = here.all.find(({ id }) => id === row.site_id)?.name ?? "";
  const places = [site, site.replace("site", "array")];
  const there = things.filter(({ where }) => places.includes(where));
  if (kind === "array_volume") {
    // A clone that Cinder manages has its name: the row of the volume goes on for it.
    const volume = name.replace(/-l\d+$/, "");
    if (rows.some((each) => each.kind === "volume" && each.name === volume)) return true;
  }
  return there.some((thing) => thing.id === external_id || thing.name === name || thing.name.endsWith(`.${name}`));
}

async function accountsOf({ all }: WorkingSites): Promise<Accounts> {
  const known: (string | null)[] = [];
  const groups: string[] = [];
  const rows: LedgerRow[] = [];
  const told: unknown[] = [];
  for (const { connection } of all) {
    const { db } = connection;
    const alive = await db.selectFrom("protection_groups").select("id").where("deleted_at", "is", null).execute();
    groups.push(...alive.map(({ id }) => id.replaceAll("-", "").slice(0, 12)));
    const members = await db.selectFrom("pg_members").select(["home_server_id", "peer_server_id"]).execute();
    known.push(...members.flatMap((member) => [member.home_server_id, member.peer_server_id]));
    const volumes = await db.selectFrom("cg_volumes").select(["volume_id", "array_volume"]).execute();
    known.push(...volumes.flatMap((volume) => [volume.volume_id, volume.array_volume]));
    const storage = await db.selectFrom("consistency_groups").select(["array_group", "cinder_group_id"]).execute();
    known.push(...storage.flatMap((each) => [each.array_group, each.cinder_group_id]));
    rows.push(...(await db.selectFrom("resource_ledger").selectAll().execute()));
    told.push(await db.selectFrom("dr_operations").select("leftovers").execute());
    told.push(await db.selectFrom("duties").select(["subject", "input"]).where("state", "=", "owed").execute());
  }
  return {
    known: new Set(known.filter((each) => each !== null)),
    groups,
    rows,
    open: rows.filter((row) => ["intended", "present", "adopted"].includes(row.state) && !isClosed(row, rows)),
    told: JSON.stringify(told),
  };
}

/** What another operation has removed has a row of its own that says so, perhaps in the other site's database. */
function isClosed(row: LedgerRow, rows: readonly LedgerRow[]): boolean {
  const ids = new Set([row.name, row.external_id]);
  return rows.some(
    (each) =>
      each.state === "removed" &&
      each.site_id === row.site_id &&
      each.kind === row.kind &&
      each.updated_at >= row.updated_at &&
      (ids.has(each.name) || (each.external_id !== null && ids.has(each.external_id))),
  );
}
