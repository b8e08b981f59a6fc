/** A parsed `transport_url`. */
export type Transport =
  | { readonly kind: "none" }
  | {
      readonly kind: "rabbit";
      /** `host:port`, tried in turn. */
      readonly hosts: readonly string[];
      readonly username: string;
      readonly password: string;
      readonly vhost: string;
    };

/** The transport, or what is wrong with the text; the fault never holds the password. */
export type ParsedTransportUrl = { readonly transport: Transport } | { readonly fault: string };

const ACCEPTED = "rabbit://user:password@host:port,user:password@host:port/vhost or none://";

/**
 * Reads a transport URL of oslo.messaging. A host without a user takes that of the one before; `/` and nothing stand for
 * the default virtual host; parameters have no meaning here.
 * Source: https://docs.openstack.org/oslo.messaging/latest/reference/transport.html
 */
export function parseTransportUrl(text: string): ParsedTransportUrl {
  const found = /^([a-z+]+):\/\/([^?]*)/i.exec(text);
  if (!found) return { fault: `is no transport URL: ${ACCEPTED} is` };
  const [, scheme = "", location = ""] = found;
  if (scheme === "none") return { transport: { kind: "none" } };
  if (!["rabbit", "amqp", "kombu+rabbit", "kombu+amqp"].includes(scheme)) {
    return { fault: `transports of kind ${scheme} are not supported: ${ACCEPTED} is accepted` };
  }
  const slash = location.indexOf("/", location.lastIndexOf("@") + 1);
  const authorities = slash < 0 ? location : location.slice(0, slash);
  const path = slash < 0 ? "" : location.slice(slash + 1);
  const nodes = readNodes(authorities);
  if ("fault" in nodes) return nodes;
  const users = new Set(nodes.map(({ username, password }) => JSON.stringify([username, password])));
  if (users.size > 1) return { fault: "names different users: all hosts must take the same one" };
  const { username = "guest", password = "guest" } = nodes[0] ?? {};
  const vhost = path === "" || path === "/" ? "/" : decodeURIComponent(path);
  return { transport: { kind: "rabbit", hosts: nodes.map(({ host }) => host), username, password, vhost } };
}

interface Node {
  readonly host: string;
  readonly username: string;
  readonly password: string;
}

function readNodes(authorities: string): readonly Node[] | { readonly fault: string } {
  const nodes: Node[] = [];
  for (const authority of authorities.split(",")) {
    const at = authority.lastIndexOf("@");
    const before = nodes.at(-1) ?? { username: "guest", password: "guest" };
    const [user = "", ...rest] = at < 0 ? [] : authority.slice(0, at).split(":");
    const place = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d+))?$/.exec(authority.slice(at + 1));
    if (!place) return { fault: `has a host that cannot be read: ${ACCEPTED} is accepted` };
    const { username, password } =
      at < 0 ? before : { username: decodeURIComponent(user), password: decodeURIComponent(rest.join(":")) };
    nodes.push({ host: `${place[1]}:${place[2] ?? 5672}`, username, password });
  }
  return nodes;
}
