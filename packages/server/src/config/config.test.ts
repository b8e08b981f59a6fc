import { describe, expect, test } from "vitest";
import { changedOptions } from "./changed-options.ts";
import { ConfigError } from "./config-problem.ts";
import { parseDatabaseUrl } from "./database-url.ts";
import { loadConfig } from "./load-config.ts";
import type { Option } from "./option.ts";
import { renderSample } from "./render-sample.ts";
import { Settings } from "./settings.ts";
import { shownOptions } from "./shown-options.ts";

/** The minimal file of the service-placement page, as printed. */
const MINIMAL = `[DEFAULT]
debug = False
log_dir = /var/log/protector
state_path = /var/lib/protector
[api]
bind_host = 0.0.0.0
bind_port = 8788
workers = 4
[database]
connection = mysql+pymysql://protector:PROTECTOR_DBPASS@controller/protector
[keystone_authtoken]
www_authenticate_uri = http://controller:5000
auth_url = http://controller:5000
memcached_servers = controller:11211
auth_type = password
project_domain_name = Default
user_domain_name = Default
project_name = service
username = protector
password = PROTECTOR_PASS
[oslo_policy]
policy_file = /etc/protector/policy.yaml
[service_credentials]
default_trust_roles = member,_member_
`;

function load(text: string, env: Record<string, string> = {}) {
  return loadConfig({ files: ["/etc/protector/protector.conf"], env, read: () => text });
}

function failure(text: string, env: Record<string, string> = {}): string {
  try {
    load(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

test("the minimal file of the page is accepted without a warning", () => {
  const { config, warnings } = load(MINIMAL);
  expect(warnings).toEqual([]);
  expect(config.DEFAULT).toMatchObject({ debug: false, log_dir: "/var/log/protector" });
  expect(config.DEFAULT.transport_url).toBe("rabbit://guest:guest@127.0.0.1:5672/");
  expect(config.api).toMatchObject({ bind_host: "0.0.0.0", bind_port: 8788, workers: 4 });
  expect(config.keystone_authtoken.memcached_servers).toEqual(["controller:11211"]);
  expect(config.service_credentials.default_trust_roles).toEqual(["member", "_member_"]);
  expect(config.secrets.key_repository).toBe("/var/lib/protector/keys");
  expect(config.engine.lease_seconds).toBe(30);
  expect(config.backends).toEqual([]);
});

test("the configuration cannot be changed", () => {
  const { config } = load(MINIMAL);
  expect(() => Object.assign(config.api, { workers: 1 })).toThrow(TypeError);
  expect(() => (config.service_credentials.default_trust_roles as string[]).push("admin")).toThrow(TypeError);
});

describe("the file's form", () => {
  test("knows comments, continuation lines, quotes, colons and repeated names", () => {
    const { config } = load(
      [
        "# comment",
        "; comment",
        "[service_credentials]",
        "default_trust_roles = member,",
        "  reader,",
        "# between",
        "\tcreator",
        "[api]",
        "workers: 2",
        "workers = 3",
        "[keystone_authtoken]",
        'password = " spaced "',
        "[oslo_policy]",
        "policy_dirs = a.d",
        "policy_dirs = b.d",
      ].join("\r\n"),
    );
    expect(config.service_credentials.default_trust_roles).toEqual(["member", "reader", "creator"]);
    expect(config.api.workers).toBe(3);
    expect(config.keystone_authtoken.password).toBe(" spaced ");
    expect(config.oslo_policy.policy_dirs).toEqual(["a.d", "b.d"]);
  });

  test("interpolates options and leaves other dollar signs alone", () => {
    const { config } = load(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the file has this form.
      "[DEFAULT]\nstate_path = /srv/${host}\nhost = a\nlog_file = $host.log\n[keystone_authtoken]\npassword = pa$$w$rd\nusername = $api.bind_port\n",
    );
    expect(config.DEFAULT.state_path).toBe("/srv/a");
    expect(config.DEFAULT.log_file).toBe("a.log");
    expect(config.secrets.key_repository).toBe("/srv/a/keys");
    expect(config.keystone_authtoken.password).toBe("pa$w$rd");
    expect(config.keystone_authtoken.username).toBe("8788");
  });

  test("refuses what leads back to itself", () => {
    expect(failure("[DEFAULT]\nstate_path = $log_file\nlog_file = $state_path\n")).toContain("refers to itself");
  });
});

describe("a wrong value", () => {
  test("names file, line, section, option, value and what is accepted, for every one of them", () => {
    const message = failure("[DEFAULT]\ndebug = maybe\n[api]\n\nbind_port = 99999\nworkers = many\n");
    expect(message.split("\n")).toEqual([
      '/etc/protector/protector.conf:2: [DEFAULT] debug: "maybe" is not accepted: true or false is',
      '/etc/protector/protector.conf:5: [api] bind_port: "99999" is not accepted: a port number of at least 0 and of at most 65535 is',
      '/etc/protector/protector.conf:6: [api] workers: "many" is not accepted: a whole number of at least 1 and of at most 256 is',
    ]);
  });

  test("in the environment names the variable", () => {
    expect(failure("", { OS_API__WORKERS: "0" })).toMatch(/^OS_API__WORKERS: \[api\] workers: "0" is not accepted/);
  });

  test("that is secret is not shown", () => {
    const message = failure("[database]\nconnection = mysql+pymysql://protector:hunter2@controller\n");
    expect(message).toContain("protector.conf:2: [database] connection: names no database");
    expect(message).not.toContain("hunter2");
  });

  test("that is secret and of a narrow type is not shown either", () => {
    const entry = { file: "f", line: 1, section: "s", name: "pin", value: "hunter2" };
    const option: Option = { type: "int", secret: true, help: "h" };
    const settings = new Settings([entry], {}, { s: { pin: option } });
    expect(settings.value("s", "pin", option)).toBeUndefined();
    expect(settings.problems[0]?.text).toBe("the value is not accepted: a whole number is");
  });

  test("outside any section or without a sign is refused", () => {
    expect(failure("debug = true\n")).toContain("debug stands before the first [section]");
    expect(failure("[api]\nbind_port 8788\n")).toContain('"bind_port …" is neither a section nor name = value');
    expect(failure("[api\n")).toContain("is no section");
  });

  test("in a file that is not there is refused", () => {
    expect(() => loadConfig({ files: ["/nonexistent/protector.conf"], env: {} })).toThrow("ENOENT");
  });
});

test("unknown names are warned of with the one that was meant", () => {
  const { warnings } = load(
    "[api]\nworker = 2\nzzzzzz = 1\n[databse]\nconnection = x\nother = y\n[cors]\nallowed_origin = *\n[database]\nconnection_recycle_time = 3\n",
  );
  expect(warnings.map(({ line, option, text }) => [line, option, text])).toEqual([
    [2, "worker", "unknown option; did you mean workers?"],
    [3, "zzzzzz", "unknown option"],
    [5, undefined, "unknown section; did you mean database?"],
    [8, undefined, "this section has no effect in this service"],
    [10, "connection_recycle_time", "has no effect in this service"],
  ]);
});

test("the environment stands above the files", () => {
  const { config } = load(MINIMAL, { OS_API__BIND_PORT: "9000", OS_DEFAULT__DEBUG: "true" });
  expect(config.api.bind_port).toBe(9000);
  expect(config.DEFAULT.debug).toBe(true);
});

describe("backends", () => {
  const BACKENDS =
    "[storage]\nenabled_backends = array-a, lab\n[array-a]\nfa_url = https://array-a\nfa_api_token = t0ken\n[lab]\nfa_url = https://lab\nfa_api_token = t0ken\n";

  test("are the sections that are enabled", () => {
    const { config, warnings } = load(BACKENDS);
    expect(warnings).toEqual([]);
    expect(config.backends).toMatchObject([
      { name: "array-a", driver: "flasharray", fa_url: "https://array-a", insecure: false },
      { name: "lab", driver: "flasharray", fa_url: "https://lab" },
    ]);
  });

  test("without a section, an address or a known driver are refused", () => {
    expect(failure("[storage]\nenabled_backends = x\n")).toContain(
      ":2: [storage] enabled_backends: there is no section [x]",
    );
    expect(failure("[storage]\nenabled_backends = x\n[x]\ndriver=flasharray\n")).toContain("[x] fa_url: is needed");
    expect(failure("[storage]\nenabled_backends = x\n[x]\ndriver=tape\n")).toContain(
      '"tape" is not accepted: flasharray, mock is',
    );
    expect(failure("[storage]\nenabled_backends = api\n[api]\n")).toContain("api is a section of its own");
  });

  test("do not show their token", () => {
    const shown = shownOptions(load(BACKENDS).config);
    expect(shown).toContain("array-a.fa_api_token = ****");
    expect(shown.join("\n")).not.toContain("t0ken");
    expect(shown).toContain("api.bind_port = 8788");
  });
});

test("the sample has every option commented out and is itself accepted", () => {
  const sample = renderSample();
  const { warnings } = load(sample);
  expect(warnings).toEqual([]);
  expect(sample).toContain("[api]\n\n# Address that protector-api listens on. (string)\n#bind_host = 0.0.0.0\n");
  expect(sample.split("\n").filter((line) => line !== "" && !/^(#|\[)/.test(line))).toEqual([]);
  // With the marks of the comments taken away the defaults must be readable too.
  expect(() => load(sample.replaceAll(/^#(\w+ = (?!<none>))/gm, "$1"))).not.toThrow();
});

test("a file read again says what changed and whether it is taken over", () => {
  const before = load(MINIMAL).config;
  const after = load(MINIMAL.replace("debug = False", "debug = True").replace("workers = 4", "workers = 8")).config;
  expect(changedOptions(before, after)).toEqual([
    { section: "DEFAULT", option: "debug", isMutable: true },
    { section: "api", option: "workers", isMutable: false },
  ]);
});

describe("database URLs", () => {
  test.each([
    ["mysql+pymysql://protector:pass@controller/protector", { host: "controller", port: 3306, password: "pass" }],
    [
      "mysql://p:a%40b@db:3307/x?ssl_ca=/etc/ca.pem&charset=utf8",
      { port: 3307, password: "a@b", sslCa: "/etc/ca.pem" },
    ],
    ["mysql+pymysql://p:a@b/c?d@db/x", { host: "db", password: "a@b/c?d", database: "x" }],
    ["mysql+pymysql://p:100%@[::1]:3306/x", { host: "::1", password: "100%" }],
    ["sqlite:///protector.db", { dialect: "sqlite", path: "protector.db" }],
    ["sqlite:////var/lib/protector/p.db", { dialect: "sqlite", path: "/var/lib/protector/p.db" }],
    ["sqlite://", { dialect: "sqlite", path: ":memory:" }],
  ])("%s is read", (text, expected) => {
    expect(parseDatabaseUrl(text)).toMatchObject({ dsn: expected });
  });

  test.each([
    ["postgresql://u:hunter2@h/d", "databases of kind postgresql are not supported"],
    ["mysql+pymysql://controller/protector", "names no user"],
    ["mysql+pymysql://u:hunter2@/d", "names no host"],
    ["mysql+pymysql://u:hunter2@h:port/d", '"port" is no port'],
    ["mysql+pymysql://u:hunter2@h", "names no database"],
    ["sqlite://p.db", "three slashes"],
    ["controller/protector", "is no database URL"],
  ])("%s is refused without its password", (text, fault) => {
    const parsed = parseDatabaseUrl(text);
    expect(parsed).toMatchObject({ fault: expect.stringContaining(fault) });
    expect(JSON.stringify(parsed)).not.toContain("hunter2");
  });
});
