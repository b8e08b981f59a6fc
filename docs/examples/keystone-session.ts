import type { SiteSession } from "@protector/client";

/** A login by name and password. */
export interface Login {
  /** What people call the site. */
  readonly name: string;
  /** Keystone with its version, e.g. `https://site-a:5000/v3`. */
  readonly authUrl: string;
  readonly username: string;
  readonly password: string;
  readonly projectName: string;
}

interface TokenBody {
  readonly token: {
    readonly project: { readonly id: string };
    readonly catalog: readonly {
      readonly type: string;
      readonly endpoints: readonly { readonly interface: string; readonly url: string }[];
    }[];
  };
}

/** The SDK takes any login: it asks for a token, its project and the address of Protector. */
export function keystoneSession({ name, authUrl, username, password, projectName }: Login): SiteSession {
  const domain = { name: "Default" };
  const auth = {
    identity: { methods: ["password"], password: { user: { name: username, domain, password } } },
    scope: { project: { name: projectName, domain } },
  };
  const logIn = async () => {
    const answer = await fetch(`${authUrl}/auth/tokens`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ auth }),
    });
    if (!answer.ok) throw new Error(`Keystone of ${name} refused the login: HTTP ${answer.status}`);
    const { token } = (await answer.json()) as TokenBody;
    return { value: answer.headers.get("x-subject-token") ?? "", token };
  };
  let login: ReturnType<typeof logIn> | undefined;
  const current = () => {
    login ??= logIn();
    return login;
  };
  return {
    name,
    token: async () => {
      const { value, token } = await current();
      return { value, projectId: token.project.id };
    },
    discardToken: () => {
      login = undefined;
    },
    endpoint: async () => {
      const { token } = await current();
      const service = token.catalog.find(({ type }) => type === "protector");
      const url = service?.endpoints.find((endpoint) => endpoint.interface === "public")?.url;
      if (url === undefined) throw new Error(`The catalog of ${name} has no public endpoint of the type protector.`);
      return url;
    },
  };
}
