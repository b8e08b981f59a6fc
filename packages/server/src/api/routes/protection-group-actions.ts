import { updateProtectionGroup } from "../../db/repositories/protection-groups.ts";
import { groupOrder } from "../../domain/group-orders.ts";
import { audit } from "../audit.ts";
import { replacementOrder, replaceNow, withoutToken } from "../changes/replace-peer.ts";
import { startOperation } from "../changes/start-operation.ts";
import type { Handlers } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";

export function protectionGroupActionHandlers(ports: ApiPorts): Handlers<"protection_groups.action"> {
  return {
    "protection_groups.action": async (call) => {
      const { operation, location } = await startOperation(ports, {
        ...(call.body.replace_peer
          ? replacementOrder(ports, call.body.replace_peer)
          : groupOrder(call.body, ports.identity.siteId)),
        call,
        apply: async (transaction, group, operationId) => {
          const [verb = ""] = Object.keys(call.body);
          const event = { targetType: "protection_group", targetId: group.id };
          const detail = { ...withoutToken(call.body), operation_id: operationId };
          await audit(ports, transaction, { call, action: `protection_groups.${verb}`, ...event, detail });
          if (call.body.replace_peer) await replaceNow(ports, transaction, { group, wanted: call.body.replace_peer });
          if (call.body.delete)
            await updateProtectionGroup(transaction, { id: group.id, changes: { status: "deleting" } });
        },
      });
      return { body: { operation }, location };
    },
  };
}
