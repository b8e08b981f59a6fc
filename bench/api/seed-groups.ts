import type { Random } from "@protector/ports";
import { writeJson, writeTime } from "../../packages/server/src/db/codecs.ts";
import type { DatabaseConnection } from "../../packages/server/src/db/index.ts";

const ROWS_PER_INSERT = 500;
const MEMBERS_PER_GROUP = 2;

/** Where the groups belong. */
export interface GroupOwner {
  readonly projectId: string;
  readonly siteId: string;
  readonly peerSiteId: string;
}

/** Writes groups of one project, a second apart, with two members each. */
export async function seedGroups(
  { db }: DatabaseConnection,
  random: Random,
  { projectId, siteId, peerSiteId }: GroupOwner,
  count: number,
): Promise<void> {
  const first = Date.UTC(2026, 0, 1);
  for (let from = 0; from < count; from += ROWS_PER_INSERT) {
    const groups = Array.from({ length: Math.min(ROWS_PER_INSERT, count - from) }, (_, index) => {
      const at = writeTime(first + (from + index) * 1000);
      return {
        id: random.uuid(),
        project_id: projectId,
        name: `group-${from + index}`,
        description: "A protection group of the bench",
        status: "active" as const,
        protection: "protected" as const,
        protection_reason: null,
        replication_type: "async" as const,
        home_site_id: siteId,
        primary_site_id: siteId,
        peer_site_id: peerSiteId,
        epoch: 2,
        generation: 3,
        digest: "0".repeat(64),
        peer_generation: 3,
        peer_digest: "0".repeat(64),
        peer_receipt_at: at,
        current_operation_id: null,
        readiness: writeJson({ is_failover_ready: true, checked_at: null, predicted_rto: null, checks: [] }),
        readiness_requested_at: null,
        is_failover_ready: 1 as const,
        last_recovery_point_at: at,
        deleted_at: null,
        created_at: at,
        updated_at: at,
      };
    });
    await db.insertInto("protection_groups").values(groups).execute();
    const members = groups.flatMap((group) =>
      Array.from({ length: MEMBERS_PER_GROUP }, (_, position) => ({
        id: random.uuid(),
        protection_group_id: group.id,
        position,
        name: `server-${position}`,
        status: "protected" as const,
        home_server_id: random.uuid(),
        peer_server_id: null,
        tier: position,
        depends_on: writeJson([]),
        delay_seconds: 0,
        is_critical: 0 as const,
        user_data: "drop" as const,
        description: null,
        captured_at: group.created_at,
        error: null,
        created_at: group.created_at,
        updated_at: group.created_at,
      })),
    );
    await db.insertInto("pg_members").values(members).execute();
  }
}
