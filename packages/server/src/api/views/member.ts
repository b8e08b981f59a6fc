import type { Member, ReadinessCheck } from "@protector/contract";
import { isoTime, isoTimeOrNull, readJson, readOptionalJson } from "../../db/codecs.ts";
import type { MemberRow } from "../../db/repositories/members.ts";
import type { ProtectionGroupsTable } from "../../db/schema.ts";

/** A member as the API shows it. @param readiness what was found last of its group. */
export function memberView(row: MemberRow, { readiness }: Pick<ProtectionGroupsTable, "readiness">): Member {
  const isOfIt = ({ check, subject }: ReadinessCheck) => check === "not_carried" && subject === row.name;
  return {
    id: row.id,
    protection_group_id: row.protection_group_id,
    name: row.name,
    status: row.status,
    home_server_id: row.home_server_id,
    peer_server_id: row.peer_server_id,
    tier: row.tier,
    depends_on: [...readJson(row.depends_on)],
    delay_seconds: row.delay_seconds,
    is_critical: row.is_critical === 1,
    user_data: row.user_data,
    gate: readOptionalJson(row.gate),
    nics: [...(readOptionalJson(row.nics) ?? [])],
    description: readOptionalJson(row.description),
    captured_at: isoTimeOrNull(row.captured_at),
    not_carried: (readJson(readiness).checks ?? []).find(isOfIt)?.reason ?? null,
    error: readOptionalJson(row.error),
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
  };
}
