import { Hooks, ReplaceHooks } from "../resources/hooks.ts";
import { CHANGE_ERRORS } from "./change-errors.ts";
import { route } from "./route.ts";

const PATH = "/v1/{project_id}/protection-groups/{id}/hooks";

export const hookRoutes = {
  "hooks.show": route({
    method: "GET",
    path: PATH,
    summary: "Hooks of a group, in the order in which they are called",
    rule: "protector:hooks:show",
    request: null,
    response: Hooks,
    status: 200,
    errors: ["protection_group.not_found"],
  }),
  "hooks.update": route({
    method: "PUT",
    path: PATH,
    summary: "Replace the hooks of a group",
    rule: "protector:hooks:update",
    request: ReplaceHooks,
    response: Hooks,
    status: 200,
    errors: [...CHANGE_ERRORS, "hook.invalid", "hook.dangling", "hook.url_refused"],
  }),
} as const;
