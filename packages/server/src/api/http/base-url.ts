/** What a request says about how it was reached. Header names are lower case. */
export interface ReachedBy {
  readonly protocol: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * Scheme, host and prefix under which the client reached the API, without a slash at the end. Headers of a proxy count
 * only when `[oslo_middleware] enable_proxy_headers_parsing` says that there is one: else anybody could forge links.
 */
export function baseUrl({ protocol, headers }: ReachedBy, isBehindProxy: boolean): string {
  const host = first(headers.host) ?? "localhost";
  if (!isBehindProxy) return `${protocol}://${host}`;
  const forwarded = parseForwarded(first(headers.forwarded));
  const scheme = forwarded.proto ?? first(headers["x-forwarded-proto"]) ?? protocol;
  const outside = forwarded.host ?? first(headers["x-forwarded-host"]) ?? host;
  const prefix = first(headers["x-forwarded-prefix"]) ?? "";
  return `${scheme}://${outside}${prefix.replace(/\/+$/, "")}`;
}

/** First element of RFC 7239's header. */
function parseForwarded(header: string | undefined): { readonly proto?: string; readonly host?: string } {
  const pairs = (header ?? "").split(";").flatMap((pair) => {
    const match = /^\s*(proto|host)\s*=\s*"?([^"]+)"?\s*$/i.exec(pair);
    return match ? [[match[1]?.toLowerCase() ?? "", match[2] ?? ""] as const] : [];
  });
  return Object.fromEntries(pairs);
}

/** The outermost proxy writes first. */
function first(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === "string" ? header : header?.[0];
  return text?.split(",")[0]?.trim() || undefined;
}
