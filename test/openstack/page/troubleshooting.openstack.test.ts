import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitForUnits } from "../clouds/install.ts";
import { openPair } from "../clouds/pair.ts";
import { type CommandResult, requireSuccess } from "../machines/command.ts";
import type { Machine } from "../machines/machine.ts";
import { waitFor } from "../machines/wait.ts";
import { prepareSites } from "../story/prepare-sites.ts";
import { pageBlock } from "./install-page.ts";
import { installProtector } from "./install-protector.ts";
import { DATABASE_PASSWORD } from "./install-steps.ts";
import { typeAtTerminal, typeCommands } from "./terminal.ts";

/*
 * Every row of the page's troubleshooting: the trouble is made, its symptom shown, the cure of the page applied, and the
 * service used again. Needs a pair with OpenStack; installs Protector where it is missing.
 */

const CONFIG = "/etc/protector/protector.conf";
const LIMIT_MS = 180_000;
/** Names of this run's groups end with it. */
const RUN = randomBytes(3).toString("hex");

const pair = openPair();
const near = pair.sites["site-a"];
const far = pair.sites["site-b"];

beforeAll(async () => {
  await installProtector(pair, () => undefined);
  await prepareSites(pair);
  await admin(pageBlock("run", "register-sites"));
  await admin(`protector tenant-mapping list -f json | grep -q demo || true; ${pageBlock("run", "map-tenants")}`);
}, 600_000);

describe("protector-api does not start: the database", () => {
  afterAll(() => typeCommands(near, "systemctl start mariadb; systemctl restart protector-api protector-engine"));

  it("is told in the journal with the page's words, where to look, and never with the password", async () => {
    await near.systemctl("stop", "mariadb");
    const since = await now(near);
    await restart(near);
    const journal = await seen(
      near,
      "protector-api",
      since,
      /OperationalError: \(pymysql\.err\.OperationalError\) Can't connect/,
    );
    expect(journal).toContain("Can't connect to MySQL server on 'controller:3306'");
    expect(journal).toContain("systemctl status mariadb");
    expect(journal).not.toContain(DATABASE_PASSWORD);
  });

  it("ends with a failure that systemctl status shows, when the attempts are used up", async () => {
    await changeConfig(near, (text) =>
      text.replace("[database]\n", "[database]\nmax_retries = 1\nretry_interval = 1\n"),
    );
    const since = await now(near);
    await restart(near);
    const status = await eventually(
      near,
      "systemctl status protector-api",
      /Active: (failed|activating \(auto-restart\))/,
    );
    expect(status).toMatch(/Result: exit-code/);
    await seen(near, "protector-api", since, /Failed with result 'exit-code'/);
    await changeConfig(near, (text) => text.replace("max_retries = 1\nretry_interval = 1\n", ""));
  });

  it("is found and cured by the page's commands", async () => {
    await near.systemctl("start", "mariadb");
    const checks = pageBlock("run", "database-checks");
    const result = await typeAtTerminal(near, checks, [DATABASE_PASSWORD, ""]);
    expect(requireSuccess(result, checks)).toMatch(/active \(running\)[\s\S]*protector/);
    await restart(near);
    await answers(near);
  });

  it("heals by itself when only MariaDB was away for a moment", async () => {
    await near.systemctl("stop", "mariadb");
    const since = await now(near);
    await restart(near);
    await seen(near, "protector-api", since, /Can't connect to MySQL server/);
    await near.systemctl("start", "mariadb");
    await answers(near);
  });

  it("tells wrong credentials and a missing database apart", async () => {
    for (const [from, to, words] of [
      [`:${DATABASE_PASSWORD}@`, ":another-password@", /Access denied for user 'protector'/],
      [
        "@controller/protector",
        "@controller/elsewhere",
        /Access denied .* to database 'elsewhere'|Unknown database 'elsewhere'/,
      ],
    ] as const) {
      await changeConfig(near, (text) => text.replace(from, to));
      const since = await now(near);
      await restart(near);
      await seen(near, "protector-api", since, words);
      await changeConfig(near, (text) => text.replace(to, from));
    }
    await restart(near);
    await answers(near);
  });
});

describe("401 for every request", () => {
  it.each([
    ["the service user's password is wrong", "password = PROTECTOR_PASS", "password = another-password"],
    [
      "auth_url leads to the Keystone of another cloud",
      "auth_url = http://controller:5000",
      "auth_url = http://site-b-controller:5000",
    ],
  ])("is what a valid token gets when %s, and the log says why", async (_, right, wrong) => {
    expect(await statusOfList()).toBe("200");
    await changeConfig(near, (text) => text.replace(right, wrong));
    const since = await now(near);
    await restart(near);
    await answers(near);
    expect(await statusOfList()).toBe("401");
    if (right.startsWith("password"))
      await seen(near, "protector-api", since, /every call is answered 401; check auth_url, username and password/);
    await changeConfig(near, (text) => text.replace(wrong, right));
    requireSuccess(await typeCommands(near, pageBlock("run", "service-user-check")), "service-user-check");
    await restart(near);
    await answers(near);
    expect(await statusOfList()).toBe("200");
  });

  it("is also the client's sentence", async () => {
    await changeConfig(near, (text) => text.replace("password = PROTECTOR_PASS", "password = another-password"));
    await restart(near);
    await answers(near);
    const { code, stderr } = await demo("protector protection-group list");
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/401|Unauthorized/i);
    await changeConfig(near, (text) => text.replace("password = another-password", "password = PROTECTOR_PASS"));
    await restart(near);
    await answers(near);
  });
});

describe("the client finds no endpoint", () => {
  it("says which service and type are missing when the type is another one", async () => {
    await admin("openstack service set --type protection protector");
    try {
      await near.mustRun("rm -rf ~/.cache/protector/tokens");
      const { code, stderr } = await demo("protector protection-group list");
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/no .*protector|protector.*(endpoint|catalog)/i);
      const checks = await typeCommands(near, pageBlock("run", "catalog-checks"));
      expect(checks.stdout).toMatch(/\| protector +\| protection/);
    } finally {
      await admin("openstack service set --type protector protector");
    }
    // The login of before is kept, with the catalog of before.
    expect((await demo("protector protection-group list")).code).toBe(0);
  });

  it("names the region when clouds.yaml names another one", async () => {
    const file = "/root/other-region.yaml";
    await near.mustRun(`sed 's/RegionOne/RegionTwo/' /etc/openstack/clouds.yaml > ${file}`);
    const { code, stderr } = await demo(`OS_CLIENT_CONFIG_FILE=${file} protector protection-group list`);
    expect(code).not.toBe(0);
    expect(stderr).toContain("RegionTwo");
  });
});

describe("remote site unreachable", () => {
  const group = `remote-${RUN}`;

  it("changes are refused with the page's sentence while the other API is down, and nothing is changed", async () => {
    requireSuccess(await demo(`protector protection-group create ${group}`), "create");
    await far.systemctl("stop", "protector-api");
    const set = `protector protection-group set ${group} --description changed`;
    const { code, stderr } = await demo(set);
    expect(code).not.toBe(0);
    expect(stderr).toContain("Cannot modify protection group - remote site unreachable");
    const status = await demo(sync("sync-status", group));
    expect(status.stdout).toContain("UNREACHABLE");
    expect((await demo(`protector protection-group show ${group} -f json`)).stdout).not.toContain("changed");
  });

  it("after the cure sync-status and sync-force bring both in sync, and changes are taken again", async () => {
    await far.systemctl("start", "protector-api");
    await answers(far);
    requireSuccess(await demo(sync("sync-force", group)), "sync-force");
    const shown = requireSuccess(await demo(sync("sync-status", group)), "sync-status");
    expect(shown).toContain("Sync Status: IN SYNC");
    const set = () => demo(`protector protection-group set ${group} --description changed`);
    await waitFor(async () => ((await set()).code === 0 ? true : undefined), {
      what: "no change is taken",
      timeoutMs: LIMIT_MS,
    });
  });
});

describe("operations do not move: RabbitMQ", () => {
  const group = `broker-${RUN}`;
  const policy = [
    "--primary-fa-url https://array-a --primary-fa-api-token array-a-token",
    "--secondary-fa-url https://array-b --secondary-fa-api-token array-b-token",
  ].join(" ");

  it("is the reason that a pending operation shows, and engines find the operation all the same", async () => {
    requireSuccess(await demo(`protector protection-group create ${group}`), "create");
    await near.systemctl("stop", "protector-engine");
    const since = await now(near);
    await near.systemctl("stop", "rabbitmq-server");
    requireSuccess(
      await demo(`protector protection-group policy-create ${group} ${policy} --no-wait`),
      "policy-create",
    );
    const [pending] = await operations(group);
    expect(pending).toMatchObject({ status: "pending", status_reason: expect.stringContaining("RabbitMQ") });
    await near.systemctl("start", "protector-engine");
    const begun = await ask(
      pending?.id,
      ({ progress }) => progress > 0,
      "the operation did not begin without RabbitMQ",
    );
    expect(begun.status).toBe("running");
    await seen(near, "protector-engine", since, /rabbit/i);
  });

  it("is found by the page's commands; what waits for an OpenStack service that needs it, too, goes on afterwards", async () => {
    const checks = pageBlock("run", "broker-checks");
    expect((await near.run(checks)).stdout).toMatch(/inactive \(dead\)[\s\S]*rabbit/i);
    await near.systemctl("start", "rabbitmq-server");
    await waitForUnits(near, [{ name: "rabbitmq-server", port: 5672 }]);
    await eventually(near, "rabbitmqctl --quiet list_connections client_properties", /protector-engine/);
    const [newest] = await operations(group);
    const ended = await ask(newest?.id, ({ finished_at }) => finished_at !== null, "the operation did not end");
    expect(ended.status).toBe("completed");
  });

  async function ask(id: string | undefined, isWanted: (operation: ShownOperation) => boolean, what: string) {
    const look = async () => (await operations(group)).find((each) => each.id === id && isWanted(each));
    return waitFor(look, { what, timeoutMs: LIMIT_MS, explain: () => near.journal("protector-engine") });
  }
});

interface ShownOperation {
  readonly id: string;
  readonly status: string;
  readonly status_reason: string | null;
  readonly progress: number;
  readonly finished_at: string | null;
}

/** Operations of a group, newest first. */
async function operations(group: string): Promise<readonly ShownOperation[]> {
  const listed = requireSuccess(await demo(`protector operation list --protection-group ${group} -f json`), "list");
  const ids = (JSON.parse(listed) as readonly { id: string }[]).map(({ id }) => id);
  return Promise.all(
    ids.map(async (id) => JSON.parse(requireSuccess(await demo(`protector operation show ${id} -f json`), "show"))),
  );
}

/** The page's command of that name, for a group. */
function sync(name: "sync-status" | "sync-force", group: string): string {
  const line = pageBlock("run", "sync")
    .split("\n")
    .find((each) => each.includes(name));
  return (line ?? "").replace("<pg-name>", group);
}

/** What the member of the project `demo` types at site A. */
function demo(command: string): Promise<CommandResult> {
  const env = {
    OS_CLIENT_CONFIG_FILE: "/etc/openstack/clouds.yaml",
    OS_CLOUD: "site-a-demo",
    OS_SECONDARY_CLOUD: "site-b-demo",
  };
  return near.run(command, { env });
}

/** What the administrator types at site A; has to succeed. */
async function admin(command: string): Promise<string> {
  const env = { OS_CLIENT_CONFIG_FILE: "/etc/openstack/clouds.yaml", OS_CLOUD: "site-a", OS_SECONDARY_CLOUD: "site-b" };
  return near.mustRun(command, { env });
}

async function changeConfig(machine: Machine, change: (text: string) => string): Promise<void> {
  const text = readFileSync(join(machine.root, CONFIG), "utf8");
  const changed = change(text);
  if (changed === text) throw new Error("the configuration has nothing to change");
  machine.writeFile(CONFIG, changed, { mode: 0o600, user: "protector", group: "protector" });
}

/** HTTP status of a list with a fresh token of the administrator. */
async function statusOfList(): Promise<string> {
  const lines = [
    "source ~/admin-openrc",
    "read -r token project <<< $(openstack token issue -f value -c id -c project_id | xargs)",
    'curl --silent --output /dev/null --write-out "%{http_code}" --header "X-Auth-Token: $token" \\',
    "  http://controller:8788/v1/$project/protection-groups",
  ];
  return requireSuccess(await typeCommands(near, lines.join("\n")), "list with a token");
}

/** The page's command. People are slower than systemd's limit of starts in ten seconds. */
async function restart(machine: Machine): Promise<void> {
  await machine.systemctl("reset-failed", "protector-api");
  await typeCommands(machine, pageBlock("run", "restart-api"));
}

function answers(machine: Machine): Promise<string> {
  return eventually(machine, "curl --silent --fail http://controller:8788/", /CURRENT/);
}

/** The machine's time as journalctl takes it. */
async function now(machine: Machine): Promise<string> {
  return (await machine.mustRun("date +%s.%N")).trim();
}

/** Journal of a unit from a time on, once it has what is wanted. */
function seen(machine: Machine, unit: string, since: string, wanted: RegExp): Promise<string> {
  return eventually(machine, `journalctl --no-pager --unit=${unit} --since=@${since}`, wanted);
}

/** Output of a command once it has what is wanted. */
function eventually(machine: Machine, command: string, wanted: RegExp): Promise<string> {
  return waitFor(
    async () => {
      const { stdout } = await machine.run(command);
      return wanted.test(stdout) ? stdout : undefined;
    },
    {
      what: `${command}: no ${wanted}`,
      timeoutMs: LIMIT_MS,
      explain: async () => (await machine.run(command)).stdout.slice(-3000),
    },
  );
}
