import { expect, it } from "vitest";
import { describeDatabases } from "../../../../test/services/index.ts";
import { isoTime, readTime, writeTime } from "./codecs.ts";
import type { Database } from "./schema.ts";
import { siteRow, TEST_SITES } from "./testing/rows.ts";

/** Every column of every table: the compiler holds this list to the types, the test holds the database to the list. */
type Columns = { readonly [T in keyof Database]: { readonly [C in keyof Database[T]]-?: true } };

const COLUMNS: Columns = {
  alembic_version: { version_num: true },
  sites: {
    id: true,
    name: true,
    description: true,
    is_local: true,
    auth_url: true,
    region: true,
    interface: true,
    api_url: true,
    username: true,
    user_domain_name: true,
    project_name: true,
    project_domain_name: true,
    ca_certificate: true,
    password_secret_id: true,
    signing_public_key: true,
    sealing_public_key: true,
    private_keys_secret_id: true,
    reachability: true,
    reachability_reason: true,
    reachability_at: true,
    validation: true,
    validation_requested_at: true,
    volume_types: true,
    created_at: true,
    updated_at: true,
  },
  protection_groups: {
    id: true,
    project_id: true,
    name: true,
    description: true,
    status: true,
    protection: true,
    protection_reason: true,
    replication_type: true,
    home_site_id: true,
    primary_site_id: true,
    peer_site_id: true,
    epoch: true,
    generation: true,
    digest: true,
    peer_generation: true,
    peer_digest: true,
    peer_receipt_at: true,
    current_operation_id: true,
    hooks: true,
    readiness: true,
    readiness_requested_at: true,
    readiness_due_at: true,
    is_failover_ready: true,
    last_recovery_point_at: true,
    deleted_at: true,
    created_at: true,
    updated_at: true,
  },
  pg_members: {
    id: true,
    protection_group_id: true,
    position: true,
    name: true,
    status: true,
    home_server_id: true,
    peer_server_id: true,
    tier: true,
    depends_on: true,
    delay_seconds: true,
    is_critical: true,
    user_data: true,
    gate: true,
    nics: true,
    description: true,
    captured_at: true,
    error: true,
    created_at: true,
    updated_at: true,
  },
  consistency_groups: {
    id: true,
    protection_group_id: true,
    site_id: true,
    array_id: true,
    array_name: true,
    array_group: true,
    cinder_group_id: true,
    created_at: true,
    updated_at: true,
  },
  cg_volumes: {
    id: true,
    consistency_group_id: true,
    member_id: true,
    position: true,
    volume_id: true,
    array_volume: true,
    size_gib: true,
    created_at: true,
  },
  replication_policies: {
    id: true,
    protection_group_id: true,
    primary_fa_url: true,
    primary_token_secret_id: true,
    primary_backend: true,
    secondary_fa_url: true,
    secondary_token_secret_id: true,
    secondary_backend: true,
    replication_interval: true,
    rpo_minutes: true,
    retention: true,
    created_at: true,
    updated_at: true,
  },
  dr_operations: {
    id: true,
    type: true,
    mode: true,
    status: true,
    is_dry_run: true,
    protection_group_id: true,
    protection_group_name: true,
    project_id: true,
    user_id: true,
    site_id: true,
    parameters: true,
    plan: true,
    phase: true,
    progress: true,
    remaining_seconds: true,
    expected_seconds: true,
    step_seconds: true,
    status_reason: true,
    error: true,
    is_past_no_return: true,
    request: true,
    members: true,
    recovery_point: true,
    data_loss_seconds: true,
    downtime_seconds: true,
    leftovers: true,
    epoch: true,
    lease_owner: true,
    lease_number: true,
    lease_expires_at: true,
    next_look_at: true,
    request_id: true,
    idempotency_key: true,
    idempotency_digest: true,
    created_at: true,
    started_at: true,
    finished_at: true,
    updated_at: true,
  },
  dr_operation_steps: {
    operation_id: true,
    step_key: true,
    sequence: true,
    kind: true,
    action: true,
    title: true,
    phase: true,
    site: true,
    member_id: true,
    depends_on: true,
    input: true,
    settings: true,
    status: true,
    attempt: true,
    lease_number: true,
    progress: true,
    message: true,
    output: true,
    error: true,
    started_at: true,
    finished_at: true,
  },
  resource_ledger: {
    id: true,
    operation_id: true,
    step_key: true,
    protection_group_id: true,
    site_id: true,
    project_id: true,
    kind: true,
    name: true,
    external_id: true,
    state: true,
    created_at: true,
    updated_at: true,
  },
  duties: {
    id: true,
    protection_group_id: true,
    operation_id: true,
    site_id: true,
    kind: true,
    subject: true,
    input: true,
    reason: true,
    state: true,
    attempts: true,
    last_error: true,
    next_look_at: true,
    created_at: true,
    done_at: true,
  },
  resource_mappings: {
    id: true,
    project_id: true,
    protection_group_id: true,
    kind: true,
    source_id: true,
    target_id: true,
    created_at: true,
  },
  tenant_mappings: { id: true, site_id: true, local_project_id: true, peer_project_id: true, created_at: true },
  trusts: {
    id: true,
    project_id: true,
    user_id: true,
    trust_id: true,
    roles: true,
    is_usable: true,
    created_at: true,
    checked_at: true,
  },
  secrets: { id: true, purpose: true, key_id: true, ciphertext: true, created_at: true },
  readiness_findings: {
    id: true,
    protection_group_id: true,
    check_name: true,
    severity: true,
    subject: true,
    reason: true,
    remedy: true,
    found_at: true,
    gone_at: true,
  },
  recovery_points: {
    id: true,
    protection_group_id: true,
    name: true,
    source_site_id: true,
    cut_at: true,
    completed_at: true,
    progress: true,
    bytes_sent: true,
    is_usable: true,
    proven_at: true,
    seen_at: true,
  },
  audit_events: {
    id: true,
    at: true,
    project_id: true,
    user_id: true,
    request_id: true,
    action: true,
    target_type: true,
    target_id: true,
    outcome: true,
    detail: true,
  },
  engine_services: { host: true, process: true, messaging: true, seen_at: true },
};

describeDatabases("the schema", (database) => {
  it.each(Object.entries(COLUMNS))("table %s has the columns of its type", async (table, columns) => {
    const tables = await database.connection.db.introspection.getTables();
    const found = tables.find(({ name }) => name === table)?.columns.map(({ name }) => name);
    // Only the database uses this one, for its unique index.
    const ofDatabase = table === "protection_groups" && database.kind === "mariadb" ? ["live_name"] : [];
    expect(found?.sort()).toEqual([...Object.keys(columns), ...ofDatabase].sort());
  });

  it("microseconds and JSON come back as they were written", async () => {
    const { db } = database.connection;
    const reason = JSON.stringify({ text: 'ü🚀 "quoted" \\ back', list: [1, null] });
    const [local] = TEST_SITES;
    await db
      .insertInto("sites")
      .values({ ...siteRow(local), reachability_at: "2026-02-03 04:05:06.789012", validation: reason as never })
      .execute();
    const row = await db.selectFrom("sites").selectAll().executeTakeFirstOrThrow();
    expect(row.reachability_at).toBe("2026-02-03 04:05:06.789012");
    expect(isoTime(row.reachability_at ?? "")).toBe("2026-02-03T04:05:06.789012Z");
    expect(row.validation).toBe(reason);
    expect(row.is_local).toBe(1);
  });

  it("the database's own clock is in UTC and counts in microseconds", async () => {
    const { db, ...connection } = database.connection;
    const row = await db
      .selectNoFrom([
        connection.now().as("now"),
        connection.fromNow(1500).as("later"),
        connection.fromNow(-1500).as("earlier"),
      ])
      .executeTakeFirstOrThrow();
    expect(Math.abs(readTime(row.now) - Date.now())).toBeLessThan(60_000);
    expect(readTime(row.later) - readTime(row.earlier)).toBe(3000);
    expect(row.now).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    expect(writeTime(readTime(row.now)).slice(0, 23)).toBe(row.now.slice(0, 23));
  });
});
