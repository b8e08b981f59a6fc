import type { HttpResponse } from "@protector/ports";

const LONGEST_DETAIL = 500;
/** Keystone quotes the token it refuses when `insecure_debug` is on. */
const FERNET_TOKEN = /gAAAA[\w=-]{20,}/g;

/**
 * The text a service gave for its refusal, out of any of the forms in use: `{"badRequest": {"message"}}` (Nova, Cinder),
 * `{"error": {"message"}}` (Keystone), `{"NeutronError": {"type", "message"}}`, `{"errors": [{"detail"}]}` (Placement),
 * an HTML page (Glance, proxies) or plain text (keystonemiddleware).
 *
 * @param secrets values that were sent; they are struck out.
 */
export function errorDetail(answer: HttpResponse, secrets: readonly string[]): string {
  let text = (messageOf(answer.body) ?? plainText(answer.body)).replace(FERNET_TOKEN, "***");
  for (const secret of secrets) if (secret) text = text.replaceAll(secret, "***");
  if (text.length > LONGEST_DETAIL) text = `${text.slice(0, LONGEST_DETAIL)}…`;
  return text || "no text given";
}

/**
 * What Keystone wants beside what was right, when it answers with a receipt in place of a token.
 * Source: https://docs.openstack.org/keystone/zed/admin/auth-receipts.html
 */
function factorsOf(value: object): string | undefined {
  const { required_auth_methods: rules } = value as { readonly required_auth_methods?: unknown };
  if (!Array.isArray(rules)) return undefined;
  const sets = rules.map((rule) => {
    const methods = [rule].flat().map(String);
    return `${methods.join(" and ")} together (auth_type v3multifactor, auth_methods ${methods.map((method) => `v3${method}`).join(",")})`;
  });
  return `what was given is right, but the user has to log in with ${sets.join(", or with ")}`;
}

function messageOf(body: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const factors = factorsOf(value);
  if (factors !== undefined) return factors;
  for (const inner of Object.values(value)) {
    const first: unknown = Array.isArray(inner) ? inner[0] : inner;
    if (typeof first === "string") return reasonOf(first);
    if (typeof first !== "object" || first === null) continue;
    const { message, detail, type } = first as Readonly<Record<string, unknown>>;
    const text = typeof message === "string" && message ? message : detail;
    if (typeof text !== "string") continue;
    const plain = reasonOf(text);
    return typeof type === "string" ? `${type}: ${plain}` : plain;
  }
  return undefined;
}

/**
 * Without the page that webob makes of a reason: Placement's details are an introduction, an empty line and the reason;
 * Glance's messages end in line breaks of HTML.
 */
function reasonOf(text: string): string {
  const paragraphs = text
    .replaceAll("<br />", " ")
    .split(/\n\s*\n/)
    .map((each) => each.replace(/\s+/g, " ").trim());
  return paragraphs.filter((each) => each !== "").at(-1) ?? "";
}

function plainText(body: string): string {
  return body
    .replace(/<(style|script|title)[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
