import Type from "typebox";
import { Strict } from "../resources/common.ts";
import { CreateDrillSchedule, DrillSchedule, UpdateDrillSchedule } from "../resources/drill-schedules.ts";
import { listOf, route } from "./route.ts";

const COLLECTION = "/v1/{project_id}/drill-schedules";
const ITEM = `${COLLECTION}/{id}` as const;
const one = Type.Object({ drill_schedule: DrillSchedule });
const NOT_FOUND = ["drill_schedule.not_found"] as const;
const CHANGE = ["drill_schedule.invalid", "hook.url_refused", "trust.login_required"] as const;

export const drillScheduleRoutes = {
  "drill_schedules.index": route({
    method: "GET",
    path: COLLECTION,
    summary: "List the drill schedules of this site",
    rule: "protector:drill_schedules:index",
    request: null,
    response: listOf("drill_schedules", DrillSchedule),
    status: 200,
    list: {
      collection: "drill_schedules",
      filters: ["id", "name", "protection_group_id", "recovery_plan_id", "created_at"],
      sortKeys: ["name", "created_at"],
    },
    errors: ["pagination.marker_not_found"],
  }),
  "drill_schedules.create": route({
    method: "POST",
    path: COLLECTION,
    summary: "Test a protection group or a recovery plan at this site, again and again",
    rule: "protector:drill_schedules:create",
    request: Strict({ drill_schedule: CreateDrillSchedule }),
    response: one,
    status: 201,
    errors: [...CHANGE, "protection_group.not_found", "recovery_plan.not_found"],
  }),
  "drill_schedules.show": route({
    method: "GET",
    path: ITEM,
    summary: "Show a drill schedule with its next and its last drills",
    rule: "protector:drill_schedules:show",
    request: null,
    response: one,
    status: 200,
    errors: NOT_FOUND,
  }),
  "drill_schedules.update": route({
    method: "PATCH",
    path: ITEM,
    summary: "Change, enable or disable a drill schedule",
    rule: "protector:drill_schedules:update",
    request: Strict({ drill_schedule: UpdateDrillSchedule }),
    response: one,
    status: 200,
    errors: [...NOT_FOUND, ...CHANGE],
  }),
  "drill_schedules.delete": route({
    method: "DELETE",
    path: ITEM,
    summary: "Delete a drill schedule; a drill that is under way goes on",
    rule: "protector:drill_schedules:delete",
    request: null,
    response: null,
    status: 204,
    errors: NOT_FOUND,
  }),
} as const;
