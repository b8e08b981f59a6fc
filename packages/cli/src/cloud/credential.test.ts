import { describe, expect, it } from "vitest";
import { entryOfVariables, readEntry } from "./cloud-entry.ts";
import { credentialOf, type LoginQuestions } from "./credential.ts";

const questions: LoginQuestions = {
  passcode: async (cloud) => `asked for ${cloud}`,
  accessToken: async ({ flow }) => `${flow} token`,
};

describe("a login", () => {
  const entry = (auth: Readonly<Record<string, string>>, authType?: string) =>
    credentialOf(readEntry("x", { auth, auth_type: authType }), questions);

  it("is by password in a project, domains by name or as the default one", () => {
    const user = { username: "demo", password: "p", user_domain_name: "corp", project_name: "shop" };
    expect(entry(user)).toEqual({
      kind: "password",
      username: "demo",
      password: "p",
      userDomainName: "corp",
      scope: { kind: "project", projectName: "shop", projectDomainName: "Default" },
    });
    expect(entry({ ...user, project_domain_id: "0123" })).toMatchObject({ scope: { projectDomainId: "0123" } });
    const { user_domain_name: _, ...byId } = { ...user, user_domain_id: "d-1" };
    expect(entry(byId)).toMatchObject({ userDomainId: "d-1" });
    expect(entry({ ...byId, user_domain_name: "corp" })).not.toHaveProperty("userDomainId");
  });

  it("is by application credential when there is one, and by token when that is all", () => {
    const secret = { application_credential_secret: "s" };
    expect(entry({ application_credential_id: "i", ...secret }).kind).toBe("application_credential");
    const named = { application_credential_name: "n", username: "demo", ...secret };
    expect(entry(named).kind).toBe("application_credential_by_name");
    expect(entry({ token: "t", project_id: "1" }).kind).toBe("token");
  });

  it("says what its entry lacks, and which types there are", () => {
    expect(() => entry({ username: "demo", project_name: "shop" })).toThrow('Cloud "x" lacks password');
    expect(() => entry({ username: "demo", password: "p" })).toThrow("names no project");
    expect(() => entry({}, "v3kerberos")).toThrow("auth_type v3kerberos is not supported");
  });

  it("comes from OS_ variables when no cloud is named", () => {
    const found = entryOfVariables({ OS_AUTH_URL: "http://a:5000/v3", OS_USERNAME: "demo", OS_REGION_NAME: "R1" });
    expect(found).toMatchObject({ name: "R1", auth: { username: "demo" }, interface: "public", isInsecure: false });
    expect(entryOfVariables({ OS_USERNAME: "demo" })).toBeUndefined();
  });

  it("is by one-time password alone, or beside a password; the person is asked when none is given", async () => {
    const user = { username: "demo", project_name: "shop", user_domain_id: "d-1" };
    const alone = entry({ ...user, passcode: "123456" }, "v3totp") as { passcode(): Promise<string> };
    expect(alone).toMatchObject({ kind: "totp", user: { name: "demo", domain: { id: "d-1" } } });
    expect(await alone.passcode()).toBe("123456");
    const both = { ...user, password: "p", auth_methods: "v3password,v3totp" };
    const beside = entry(both, "v3multifactor") as { passcode(): Promise<string> };
    expect(beside).toMatchObject({ kind: "password", password: "p" });
    expect(await beside.passcode()).toBe("asked for x");
    expect(() => entry({ ...both, auth_methods: "v3password" }, "v3multifactor")).toThrow("v3password and v3totp");
  });

  it("is by an OpenID provider: for a service by its secret, for a person by a code", async () => {
    const provider = {
      identity_provider: "corp",
      protocol: "openid",
      client_id: "c",
      discovery_endpoint: "http://i/d",
    };
    const given = { ...provider, project_id: "p-1", client_secret: "s" };
    const service = entry(given, "v3oidcclientcredentials") as { accessToken(): Promise<string> };
    expect(service).toMatchObject({ kind: "oidc", identityProvider: "corp", protocol: "openid" });
    expect(await service.accessToken()).toBe("client_credentials token");
    const person = entry(given, "v3oidcdeviceauthz") as { accessToken(): Promise<string> };
    expect(await person.accessToken()).toBe("device token");
    expect(() => entry({ ...provider, project_id: "p-1" }, "v3oidcclientcredentials")).toThrow("lacks client_secret");
  });
});
