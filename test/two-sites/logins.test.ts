import { beforeEach, describe, expect, it } from "vitest";
import type { CliHost } from "../../packages/cli/src/index.ts";
import { seededRandom } from "../../packages/ports/src/index.ts";
import { activeGroup } from "../../packages/server/src/api/testing.ts";
import { Conditions, inProcessTransport, OpenIdProvider, passcodeAt } from "../../packages/simulator/src/index.ts";
import type { CliRun } from "./command-line.ts";
import { type Harness, openHarness } from "./harness.ts";

/*
 * Every way to log in that the documentation names, against Keystones that answer as real ones do.
 */

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

let harness: Harness;
let provider: OpenIdProvider;

beforeEach(async () => {
  harness = await openHarness();
  await activeGroup(harness.sites);
  provider = new OpenIdProvider({
    name: "corp",
    origin: "http://127.0.0.99:8443",
    clients: [{ id: "robot", secret: "s3cret", actsAs: "demo" }, { id: "laptop" }],
    clock: harness.clock,
    random: seededRandom(7),
  });
  for (const name of ["site-a", "site-b"] as const)
    harness.sites.world
      .cloud(name)
      .identity.identityProviders.set("corp", { protocol: "openid", subjectOf: (token) => provider.subjectOf(token) });
});

function demoAt(name: "site-a" | "site-b") {
  const user = harness.sites.world.cloud(name).identity.userNamed("demo", "default");
  if (!user) throw new Error("there is no demo");
  return user;
}

/** Runs a line with the same login at both sites. @param auth lines of the `auth` section. */
async function run(
  line: string,
  auth: Readonly<Record<string, string>>,
  {
    type,
    host = {},
    secure,
  }: { readonly type?: string; readonly host?: Partial<CliHost>; readonly secure?: string } = {},
): Promise<CliRun> {
  const cloud = (name: "site-a" | "site-b") => ({
    region_name: "RegionOne",
    ...(type === undefined ? {} : { auth_type: type }),
    auth: { auth_url: harness.sites.world.cloud(name).authUrl, ...auth },
  });
  // JSON is YAML, too.
  const clouds = JSON.stringify({ clouds: { "site-a": cloud("site-a"), "site-b": cloud("site-b") } });
  const openid = inProcessTransport(new Conditions(harness.clock), [provider]);
  return harness.run(line, {
    readFile: (path) =>
      path === "./clouds.yaml" ? clouds : path === "./secure.yaml" ? secure : harness.files.get(path),
    transport: (request) => (request.url.startsWith(provider.origin) ? openid(request) : harness.transport(request)),
    ...host,
  });
}

const USER = { username: "demo", user_domain_name: "Default", project_name: "demo", project_domain_name: "Default" };
const GOOD = { code: 0, stderr: "" };

describe("a one-time password", () => {
  const passcode = () => passcodeAt(SECRET, harness.sites.world.cloud("site-a").identity.environment.now());
  beforeEach(() => {
    for (const name of ["site-a", "site-b"] as const) demoAt(name).totpSecret = SECRET;
  });

  it("alone logs in at both sites, given or typed; a wrong one is refused", async () => {
    expect(await run("pg show shop", { ...USER, passcode: passcode() }, { type: "v3totp" })).toMatchObject(GOOD);
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return passcode();
    };
    expect(await run("pg show shop", USER, { type: "v3totp", host: { ask } })).toMatchObject(GOOD);
    expect(asked.sort()).toEqual(["One-time password for site-a: ", "One-time password for site-b: "]);
    const wrong = await run("pg show shop", { ...USER, passcode: "000000" }, { type: "v3totp" });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("Login at site-a failed") });
    const nobody = await run("pg show shop", USER, { type: "v3totp" });
    expect(nobody.stderr).toContain("nobody can be asked: set OS_PASSCODE");
  });

  it("beside a password is what a user's rules want: without it the message says which login it takes", async () => {
    for (const name of ["site-a", "site-b"] as const) demoAt(name).factorRules = [["password", "totp"]];
    const password = { ...USER, password: "secret" };
    const alone = await run("pg show shop", password);
    expect(alone.code).toBe(1);
    expect(alone.stderr).toContain("the user has to log in with password and totp together");
    expect(alone.stderr).toContain("v3multifactor");
    const both = { ...password, passcode: passcode(), auth_methods: "v3password,v3totp" };
    expect(await run("pg show shop", both, { type: "v3multifactor" })).toMatchObject(GOOD);
  });
});

describe("an OpenID provider", () => {
  const auth = {
    identity_provider: "corp",
    protocol: "openid",
    project_name: "demo",
    project_domain_name: "Default",
    discovery_endpoint: "http://127.0.0.99:8443/.well-known/openid-configuration",
  };

  it("logs a program in by its secret", async () => {
    const robot = { ...auth, client_id: "robot", client_secret: "s3cret" };
    expect(await run("pg show shop", robot, { type: "v3oidcclientcredentials" })).toMatchObject(GOOD);
    const wrong = await run(
      "pg show shop",
      { ...robot, client_secret: "guessed" },
      { type: "v3oidcclientcredentials" },
    );
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("its secret is wrong") });
    const unknown = await run(
      "pg show shop",
      { ...robot, identity_provider: "other" },
      { type: "v3oidcclientcredentials" },
    );
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("Could not find federated protocol") });
  });

  it("logs a person in by a code that is confirmed in a browser", async () => {
    const told: string[] = [];
    const stderr = {
      write: (text: string) => {
        told.push(text);
        const [, code] = /confirm the code (\w+)/.exec(text) ?? [];
        if (code) provider.confirm(code, "demo");
      },
    };
    const laptop = { ...auth, client_id: "laptop" };
    expect(await run("pg show shop", laptop, { type: "v3oidcdeviceauthz", host: { stderr } })).toMatchObject({
      code: 0,
    });
    expect(told.filter((text) => text.includes("http://127.0.0.99:8443/go")).length).toBe(2);
  });
});

describe("other logins", () => {
  const identity = () => harness.sites.world.cloud("site-a").identity;

  it("a token that somebody hands over is taken at the site that issued it", async () => {
    await run("pg show shop", { ...USER, password: "secret" });
    const [token] = [...identity().tokens.values()].filter(({ userId }) => userId === demoAt("site-a").id).slice(-1);
    const { code, stderr } = await run(
      "pg list --site site-a",
      { token: token?.id ?? "", project_name: "demo", project_domain_name: "Default" },
      { type: "token" },
    );
    expect({ code, stderr }).toEqual(GOOD);
    const gone = await run(
      "pg list --site site-a",
      { token: "gAAAAAstale", project_name: "demo", project_domain_name: "Default" },
      { type: "token" },
    );
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining("Login at site-a failed") });
  });

  it("an application credential reads and changes as long as a person's trust works, and is told when none does", async () => {
    await run("pg set shop --description mine", { ...USER, password: "secret" });
    for (const name of ["site-a", "site-b"] as const) {
      const { identity } = harness.sites.world.cloud(name);
      const [projectId, roleId] = [identity.projectNamed("demo", "default")?.id, identity.roleNamed("member")?.id];
      identity.applicationCredentials.set("robot", {
        id: "robot",
        name: "robot",
        secret: "s3cret",
        userId: demoAt(name).id,
        projectId: projectId ?? "",
        roleIds: roleId === undefined ? [] : [roleId],
        isUnrestricted: false,
        accessRules: undefined,
      });
    }
    const robot = { application_credential_id: "robot", application_credential_secret: "s3cret" };
    expect(await run("pg set shop --description robots", robot)).toMatchObject(GOOD);
    for (const name of ["site-a", "site-b"] as const) harness.sites.world.cloud(name).identity.trusts.clear();
    await harness.sites.a.database.db.deleteFrom("trusts").execute();
    const refused = await run("pg create other", robot);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("code trust.login_required") });
    expect(refused.stderr).toContain("not with an application credential");
  });

  it("a password of secure.yaml goes over the one of clouds.yaml", async () => {
    const secure = JSON.stringify({
      clouds: { "site-a": { auth: { password: "secret" } }, "site-b": { auth: { password: "secret" } } },
    });
    expect(await run("pg show shop", { ...USER, password: "old" }, { secure })).toMatchObject(GOOD);
  });
});
