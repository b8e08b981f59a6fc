import { hasCode, SiteClient, webPorts } from "@protector/client";

/** What runs in a browser: a list page by page, a typed refusal. Its server hands the API on. */
const { origin, token, projectId } = (globalThis as unknown as { readonly page: Record<string, string> }).page;
const session = {
  name: "site-a",
  token: async () => ({ value: token ?? "", projectId }),
  endpoint: async () => `${origin}/v1/${projectId}`,
};
const ports = webPorts();
const site = new SiteClient({ session, ports, globalRequestId: `req-${ports.random.uuid()}` });

const names: string[] = [];
let refusal = "";
try {
  for await (const { name } of site.list("protection_groups.index", { query: { limit: 1, sort: "name:asc" } }))
    names.push(name);
  await site.call("protection_groups.show", { path: { id: ports.random.uuid() } });
} catch (error) {
  refusal = hasCode(error, "protection_group.not_found") ? `${error.status} ${error.code}` : String(error);
}
await fetch(`${origin}/result`, { method: "POST", body: JSON.stringify({ names, refusal }) });
