import { readOptionalJson, writeJson, writeTime } from "../../db/codecs.ts";
import { listMembers } from "../../db/repositories/members.ts";
import { updateProtectionGroup } from "../../db/repositories/protection-groups.ts";
import { requireGroup } from "../../domain/group-guards.ts";
import { requireHooks } from "../../domain/hook-rules.ts";
import { audit } from "../audit.ts";
import { changeGroup } from "../changes/change-group.ts";
import type { Handlers } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";

type Names = "hooks.show" | "hooks.update";

const CHANGEABLE = ["creating", "active", "failed_over", "failed_over_partial", "error"] as const;

export function hookHandlers(ports: ApiPorts): Handlers<Names> {
  const { database, clock, settings } = ports;
  return {
    "hooks.show": async ({ path }) => {
      const { hooks } = await requireGroup(database.db, path);
      return { body: { hooks: [...(readOptionalJson(hooks) ?? [])] } };
    },
    "hooks.update": async (call) => {
      const { hooks, generation } = call.body;
      await changeGroup(ports, {
        path: call.path,
        statuses: CHANGEABLE,
        generation,
        apply: async (transaction, group) => {
          requireHooks(hooks, await listMembers(transaction, group.id), (url) => settings.isHookUrlAllowed(url));
          const changes = {
            hooks: hooks.length > 0 ? writeJson(hooks) : null,
            updated_at: writeTime(clock.now()),
          };
          await updateProtectionGroup(transaction, { id: group.id, changes });
          const event = { action: "hooks.update", targetType: "protection_group", targetId: group.id };
          await audit(ports, transaction, { call, ...event, detail: { count: hooks.length } });
        },
      });
      return { body: { hooks } };
    },
  };
}
