import type { Insertable } from "kysely";
import { writeJson } from "../codecs.ts";
import { newOperationRow, newProtectionGroupRow } from "../new-rows.ts";
import type {
  DrOperationsTable,
  PgMembersTable,
  ProtectionGroupsTable,
  ResourceLedgerTable,
  SitesTable,
} from "../schema.ts";

/** Rows for tests: complete and valid, each value replaceable. */

/** Id number `n` of a kind: sorts by `n`. */
export function testId(kind: string, n: number): string {
  const prefix = Buffer.from(kind).toString("hex").padEnd(8, "0").slice(0, 8);
  return `${prefix}-0000-4000-8000-${String(n).padStart(12, "0")}`;
}

export const TEST_PROJECT = "4f1b2c3d4e5f40718293a4b5c6d7e8f9";
export const TEST_USER = "9e8d7c6b5a4f40312213a4b5c6d7e8f9";
export const LOCAL_SITE = testId("site", 1);
export const PEER_SITE = testId("site", 2);
const TIME = "2026-01-01 00:00:00.000000";

export function siteRow(changes: Partial<SitesTable> = {}): Insertable<SitesTable> {
  return {
    id: LOCAL_SITE,
    name: `site-${changes.id ?? LOCAL_SITE}`,
    description: "",
    is_local: 1,
    auth_url: "http://site-a-controller:5000/v3",
    region: "RegionOne",
    interface: "public",
    api_url: "http://site-a-controller:8788",
    username: null,
    user_domain_name: null,
    project_name: null,
    project_domain_name: null,
    ca_certificate: null,
    password_secret_id: null,
    signing_public_key: "A".repeat(43),
    sealing_public_key: "B".repeat(43),
    private_keys_secret_id: null,
    reachability: "reachable",
    reachability_reason: null,
    reachability_at: TIME,
    reachability_since: TIME,
    validation: writeJson({ status: "never", checked_at: null, checks: [] }),
    validation_requested_at: null,
    volume_types: writeJson([]),
    created_at: TIME,
    updated_at: TIME,
    ...changes,
  };
}

export function groupRow(n: number, changes: Partial<ProtectionGroupsTable> = {}): Insertable<ProtectionGroupsTable> {
  return newProtectionGroupRow({
    id: testId("grup", n),
    project_id: TEST_PROJECT,
    name: `group-${n}`,
    status: "active",
    protection: "protected",
    home_site_id: LOCAL_SITE,
    primary_site_id: LOCAL_SITE,
    peer_site_id: PEER_SITE,
    epoch: 2,
    generation: 1,
    digest: "0".repeat(64),
    peer_generation: 1,
    peer_digest: "0".repeat(64),
    peer_receipt_at: TIME,
    readiness: "{}",
    created_at: TIME,
    updated_at: TIME,
    ...changes,
  });
}

export function memberRow(n: number, changes: Partial<PgMembersTable> = {}): Insertable<PgMembersTable> {
  return {
    id: testId("memb", n),
    protection_group_id: testId("grup", 1),
    position: n,
    name: `server-${n}`,
    status: "protected",
    home_server_id: testId("serv", n),
    peer_server_id: null,
    tier: 0,
    depends_on: writeJson([]),
    delay_seconds: 0,
    is_critical: 0,
    user_data: "drop",
    gate: null,
    nics: null,
    description: null,
    captured_at: null,
    error: null,
    created_at: TIME,
    updated_at: TIME,
    ...changes,
  };
}

export function operationRow(n: number, changes: Partial<DrOperationsTable> = {}): Insertable<DrOperationsTable> {
  return newOperationRow({
    id: testId("oper", n),
    type: "failover",
    mode: "planned",
    protection_group_id: testId("grup", 1),
    protection_group_name: "group-1",
    project_id: TEST_PROJECT,
    user_id: TEST_USER,
    site_id: LOCAL_SITE,
    created_at: TIME,
    updated_at: TIME,
    ...changes,
  });
}

export function ledgerRow(n: number, changes: Partial<ResourceLedgerTable> = {}): Insertable<ResourceLedgerTable> {
  return {
    id: testId("ledg", n),
    operation_id: testId("oper", 1),
    step_key: `step-${n}`,
    protection_group_id: testId("grup", 1),
    site_id: LOCAL_SITE,
    project_id: TEST_PROJECT,
    kind: "server",
    name: `protector-${n}`,
    external_id: null,
    state: "intended",
    created_at: TIME,
    updated_at: TIME,
    ...changes,
  };
}

/** The two sites that the other rows refer to. */
export const TEST_SITES: readonly Insertable<SitesTable>[] = [
  siteRow(),
  siteRow({ id: PEER_SITE, is_local: 0, auth_url: "http://site-b-controller:5000/v3" }),
];
