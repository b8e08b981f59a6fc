import type { GroupMappings, Member, ResourceMapping } from "@protector/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { protectShop } from "./shop.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
  await protectShop(here);
});
afterEach(() => here.stop());

async function exported(line: string): Promise<string> {
  const { code, stdout } = await here.run(line);
  expect(code).toBe(0);
  return stdout;
}

const imported = (path: string, more = "--yes") => here.run(`mapping import shop --from-file ${path} ${more}`);
const textOf = ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) =>
  `${stdout}${stderr}`.replaceAll(/\s+/g, " ");

async function nicOf(name: string) {
  const members = await here.read<Member[]>("member list shop");
  return members.find((member) => member.name === name)?.nics;
}

it("what is exported, as YAML or as CSV, changes nothing when it is imported again", async () => {
  const mac = (await here.read<Member[]>("member list shop"))[2]?.description?.ports[0]?.mac_address ?? "";
  here.files.set(
    "nics.csv",
    `member,nic,set,network,addresses,mac,security_groups,floating_ips
web-01,${mac},recovery,demo-back,demo-back-subnet=10.20.0.77,new,demo-web; demo-database,public
web-01,1,test,,none,,none,
`,
  );
  expect((await imported("nics.csv")).code).toBe(0);
  here.files.set("all.yaml", await exported("mapping export shop"));
  here.files.set("pairs.csv", await exported("mapping export shop --as csv"));
  here.files.set("interfaces.csv", await exported("mapping export shop --as csv --nics"));
  expect(here.files.get("interfaces.csv")?.split("\n")[0]).toBe(
    "member,nic,now_network,now_addresses,set,network,addresses,mac,port_security,security_groups,floating_ips",
  );
  expect(here.files.get("interfaces.csv")).toMatch(/^db-01,[0-9a-f:]{17},demo-back,10\.20\.0\.31,recovery,,,,,,$/m);
  const again = ["all.yaml --replace", "pairs.csv --from-file interfaces.csv --replace"];
  for (const files of again) expect(textOf(await imported(files))).toContain("Nothing to change");
  const pairs = await here.read<ResourceMapping[]>("mapping show shop");
  expect(pairs.length).toBe(9);
});

it("the differences are shown before they are written, on both sites with one change", async () => {
  const before = await here.read<{ generation: number }>("pg show shop");
  here.files.set(
    "shop.yaml",
    `
mappings:
  flavor: {m1.small: m1.medium}
nics:
  - member: web-01
    nic: 1
    addresses: [demo-front-subnet=10.10.0.99]
    port_security: off
`,
  );
  const dry = await imported("shop.yaml", "--dry-run");
  expect(textOf(dry)).toMatch(/change flavor m1\.small m1\.small m1\.medium/);
  expect(textOf(dry)).toMatch(
    /add NIC [0-9a-f:]{17} of web-01 addresses demo-front-subnet=10\.10\.0\.99, port security off/,
  );
  expect(await nicOf("web-01")).toEqual([]);
  expect((await imported("shop.yaml")).code).toBe(0);
  expect(await nicOf("web-01")).toMatchObject([{ port_security: false }]);
  const after = await here.read<{ generation: number; sync_status: string }>("pg show shop");
  expect(after).toMatchObject({ generation: before.generation + 1, sync_status: "IN SYNC" });
  here.files.set("gone.csv", "member,nic\nweb-01,1\n");
  expect(textOf(await imported("gone.csv"))).toMatch(/remove NIC/);
  expect(await nicOf("web-01")).toEqual([]);
});

it("everything that is wrong is told at once, with file, line, column and what to write; nothing is changed", async () => {
  here.files.set(
    "wrong.csv",
    `member,nic,set,network,addresses,mac,port_security
web-01,9,,,,,
web-01,1,drill,demo-front,,,
nobody,1,,,,,
db-01,1,,demo-back,demo-front-subnet=10.10.0.5,,
app-01,1,,,demo-front-subnet=10.99.0.5,,maybe
`,
  );
  here.files.set("wrong.yaml", "network:\n  demo-front: nothing\nflavour:\n  m1.small: m1.small\n");
  const { code, stderr } = await imported("wrong.csv --from-file wrong.yaml");
  expect(code).toBe(2);
  const lines = stderr.split("\n").filter((line) => line.includes("wrong."));
  expect(lines.map((line) => line.replace(/^Error: /, ""))).toEqual([
    expect.stringMatching(/^wrong\.csv:2:8: web-01 has no NIC "9"; it has [0-9a-f:]{17}\.$/),
    'wrong.csv:3:10: set is recovery or test, not "drill".',
    "wrong.csv:3:16: a network of its own wants addresses: SUBNET=ADDRESS, SUBNET for any of it, or none.",
    'wrong.csv:4:1: the group has no member "nobody".',
    expect.stringMatching(
      /^wrong\.csv:5:20: no subnet of network demo-back "demo-front-subnet" at site-b\. There: demo-back-subnet\.$/,
    ),
    "wrong.csv:6:12: 10.99.0.5 is not inside 10.10.0.0/24 of subnet demo-front-subnet.",
    'wrong.csv:6:41: port_security is one of on, yes, true, off, no, false; not "maybe".',
    expect.stringMatching(/^wrong\.yaml:2:15: No network "nothing" at site-b\. There: /),
    expect.stringMatching(/^wrong\.yaml:3:1: "flavour" is no kind\. Kinds: network, /),
  ]);
  expect(stderr).toContain("Nothing has been changed.");
});

it("nobody at the terminal and no --yes: nothing is written", async () => {
  here.files.set("pairs.csv", "kind,source,target\nflavor,m1.small,m1.medium\n");
  const { code, stderr } = await here.run("mapping import shop --from-file pairs.csv");
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("Use --yes") });
  expect(await here.read<GroupMappings["mappings"]>("mapping show shop")).toContainEqual({
    kind: "flavor",
    origin: "group",
    source_id: here.sites.a.tenant.basics.flavors.small.id,
    target_id: here.sites.b.tenant.basics.flavors.small.id,
  });
});
