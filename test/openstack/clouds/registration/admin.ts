import { PASSWORDS, REGION, type Site } from "../site.ts";

/** Objects of an answer that have a name and an identifier. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** An administrator's requests to the services of one cloud. */
export class Admin {
  readonly #token: string;
  readonly #urls: Readonly<Record<string, string>>;

  private constructor(token: string, urls: Readonly<Record<string, string>>) {
    this.#token = token;
    this.#urls = urls;
  }

  /** Logs in as `admin` and remembers the catalog. Services that are registered later need a new login. */
  static async login(site: Site): Promise<Admin> {
    const keystone = `http://${site.address}:5000/v3`;
    const domain = { id: "default" };
    const user = { name: "admin", password: PASSWORDS.admin, domain };
    const answer = await fetch(`${keystone}/auth/tokens`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        auth: {
          identity: { methods: ["password"], password: { user } },
          scope: { project: { name: "admin", domain } },
        },
      }),
    });
    const token = answer.headers.get("x-subject-token");
    if (!answer.ok || token === null) throw new Error(`Keystone refused the login: ${await answer.text()}`);
    const content = (await answer.json()) as { token: { catalog: readonly CatalogEntry[] } };
    const urls = content.token.catalog.flatMap(({ type, endpoints }) =>
      endpoints.filter((one) => one.interface === "public" && one.region_id === REGION).map(({ url }) => [type, url]),
    );
    return new Admin(token, { ...Object.fromEntries(urls), identity: keystone });
  }

  /** @throws Error with the answer when it is not a success. */
  async send(request: AdminRequest): Promise<unknown> {
    const { service, path, method = "GET", body, version } = request;
    const url = `${this.#urls[service] ?? ""}${path}`;
    const answer = await fetch(url, {
      method,
      headers: {
        "x-auth-token": this.#token,
        "content-type": body instanceof Uint8Array ? "application/octet-stream" : "application/json",
        ...(version !== undefined && { "openstack-api-version": version }),
      },
      ...(body !== undefined && { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text.slice(0, 500)}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** A list from an answer that holds it under a key. */
  async list<T = Named>(request: AdminRequest, key: string): Promise<readonly T[]> {
    return ((await this.send(request)) as Readonly<Record<string, readonly T[]>>)[key] ?? [];
  }
}

/** One request; `service` is a type of the catalog. */
export interface AdminRequest {
  readonly service: string;
  readonly path: string;
  readonly method?: "GET" | "POST" | "PUT";
  readonly body?: object;
  /** Microversion in the form `volume 3.60`. */
  readonly version?: string;
}

interface CatalogEntry {
  readonly type: string;
  readonly endpoints: readonly { readonly interface: string; readonly region_id: string; readonly url: string }[];
}
