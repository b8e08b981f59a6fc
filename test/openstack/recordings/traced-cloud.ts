import type { Cloud } from "@protector/openstack";

const CLIENTS = ["identity", "compute", "volume", "network", "image", "placement"] as const;

/** A session that says which method of which client is called, before it is. */
export function tracedCloud(cloud: Cloud, onCall: (client: string) => void): Cloud {
  const traced = Object.fromEntries(
    CLIENTS.map((name) => {
      const client = new Proxy(cloud[name], {
        get(of, key) {
          const member: unknown = Reflect.get(of, key, of);
          if (typeof member !== "function") return member;
          return (...given: unknown[]) => {
            onCall(`${name}.${String(key)}`);
            return member.apply(of, given);
          };
        },
      });
      return [name, client];
    }),
  );
  return {
    ...(traced as Pick<Cloud, (typeof CLIENTS)[number]>),
    // No real cloud here has Octavia: nothing of it can be recorded.
    loadBalancer: cloud.loadBalancer,
    token: () => cloud.token(),
    discardToken: (value) => cloud.discardToken(value),
    catalog: () => cloud.catalog(),
    endpoint: (type) => cloud.endpoint(type),
    withRequestId: (id) => tracedCloud(cloud.withRequestId(id), onCall),
  };
}

/** `client.method` of everything that can be called. */
export function everyMethod(cloud: Cloud): readonly string[] {
  return CLIENTS.flatMap((name) => {
    const client = cloud[name];
    const own = Object.entries(client).flatMap(([key, value]) => (typeof value === "function" ? [key] : []));
    const inherited = Object.getOwnPropertyNames(Object.getPrototypeOf(client)).filter((key) => key !== "constructor");
    return [...own, ...inherited].map((key) => `${name}.${key}`);
  });
}
