import { AskMappingSuggestions, MappingSuggestions } from "../resources/mapping-suggestions.ts";
import { DefaultsReplaced, GroupMappings, ReplaceMappings, ResourceMappings } from "../resources/mappings.ts";
import { CHANGE_ERRORS } from "./change-errors.ts";
import { route } from "./route.ts";

const OF_PROJECT = "/v1/{project_id}/mappings";
const OF_GROUP = "/v1/{project_id}/protection-groups/{id}/mappings";

export const mappingRoutes = {
  "mappings.show_defaults": route({
    method: "GET",
    path: OF_PROJECT,
    summary: "Mappings that hold for every group at home here that does not say otherwise",
    rule: "protector:mappings:show",
    request: null,
    response: ResourceMappings,
    status: 200,
    errors: [],
  }),
  "mappings.update_defaults": route({
    method: "PUT",
    path: OF_PROJECT,
    summary: "Replace the mappings that hold for every group at home here that does not say otherwise",
    rule: "protector:mappings:update",
    request: ResourceMappings,
    response: DefaultsReplaced,
    status: 200,
    errors: ["mapping.invalid"],
  }),
  "mappings.show": route({
    method: "GET",
    path: OF_GROUP,
    summary: "Mappings of a group, from its home site to the other",
    rule: "protector:mappings:show",
    request: null,
    response: GroupMappings,
    status: 200,
    errors: ["protection_group.not_found"],
  }),
  "mappings.update": route({
    method: "PUT",
    path: OF_GROUP,
    summary: "Replace the mappings of a group, and the settings of its members' network interfaces",
    rule: "protector:mappings:update",
    request: ReplaceMappings,
    response: GroupMappings,
    status: 200,
    errors: [...CHANGE_ERRORS, "mapping.invalid"],
  }),
  "mappings.suggest_defaults": route({
    method: "POST",
    path: `${OF_PROJECT}/suggest`,
    summary: "What the unmapped resources of all groups at home here could be at the other site; changes nothing",
    rule: "protector:mappings:suggest",
    request: AskMappingSuggestions,
    response: MappingSuggestions,
    status: 200,
    errors: [],
  }),
  "mappings.suggest": route({
    method: "POST",
    path: `${OF_GROUP}/suggest`,
    summary: "What the unmapped resources of a group could be at its other site; changes nothing",
    rule: "protector:mappings:suggest",
    request: AskMappingSuggestions,
    response: MappingSuggestions,
    status: 200,
    errors: ["protection_group.not_found"],
  }),
} as const;
