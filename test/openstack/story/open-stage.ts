import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Cloud, type CloudPorts, connectCloud } from "@protector/openstack";
import { systemClock, systemRandom, UndiciTransport } from "@protector/ports";
import { flashArrayDriver } from "@protector/storage";
import { parse } from "yaml";
import { ARRAYS, openPair, type Pair, SITES, type SiteName } from "../clouds/pair.ts";
import { cloudsFilePath, namedClouds } from "./named-clouds.ts";
import { prepareSites } from "./prepare-sites.ts";
import { localShell, machineShell } from "./shell.ts";
import type { CloudLogin, Stage, StageArray, StageSite } from "./stage.ts";
import type { Tenancy } from "./tenancy.ts";

const ports = () => {
  const transport = new UndiciTransport();
  return { transport, given: { transport: transport.send, clock: systemClock, random: systemRandom } };
};
type Given = CloudPorts;

/** The clouds that `PROTECTOR_TEST_CLOUDS` names, else the pair that these tests made. */
export async function openStage(): Promise<Stage> {
  const { transport, given } = ports();
  const named = namedClouds();
  const pair = named ? undefined : openPair();
  if (pair) await prepareSites(pair);
  const sites = pair ? pairSites(pair, given) : namedSites(named ?? [], given);
  const run = randomBytes(3).toString("hex");
  return {
    sites,
    shell: pair ? machineShell(pair.sites["site-a"]) : localShell(),
    volumeType: process.env.PROTECTOR_TEST_VOLUME_TYPE ?? "replicated",
    image: process.env.PROTECTOR_TEST_IMAGE ?? "cirros",
    unique: (name) => `${name}-${run}`,
    close: () => transport.close(),
  };
}

function pairSites(pair: Pair, given: Given): Stage["sites"] {
  const logins = readClouds(pair.cloudsFile);
  const site = (name: SiteName): StageSite => {
    const admin = requireLogin(logins, name);
    return {
      name,
      admin,
      cloud: openCloud(admin, given),
      machine: pair.sites[name],
      array: pairArray(pair, name, given),
    };
  };
  return [site("site-a"), site("site-b")];
}

function pairArray(pair: Pair, site: SiteName, given: Given): StageArray {
  const { name, apiToken } = ARRAYS[SITES[site].array.name];
  const url = `https://${name}`;
  const authority = readFileSync(pair.arrays.certificateFile, "utf8");
  const tls = { ca: authority };
  return {
    name,
    url,
    apiToken,
    authority,
    array: flashArrayDriver(given).connect({ url, apiToken, tls }),
    bytesFolder: join(pair.arrays.dataFolder, name),
  };
}

function namedSites(names: readonly string[], given: Given): Stage["sites"] {
  const logins = readClouds(cloudsFilePath());
  const [a, b] = names.map((name): StageSite => {
    const admin = requireLogin(logins, name);
    return { name, admin, cloud: openCloud(admin, given), machine: undefined, array: undefined };
  });
  if (!a || !b) throw new Error("PROTECTOR_TEST_CLOUDS has to name two clouds");
  return [a, b];
}

type Logins = Readonly<Record<string, CloudLogin>>;

function readClouds(file: string): Logins {
  return (parse(readFileSync(file, "utf8")) as { clouds: Logins }).clouds;
}

function requireLogin(logins: Logins, name: string): CloudLogin {
  const login = logins[name];
  if (!login) throw new Error(`clouds.yaml has no cloud ${name}`);
  return login;
}

/** OpenStack at the second site in the tenant's name, with a token of its own. */
export function tenantCloudThere({ logins }: Tenancy): Cloud {
  return openCloud(logins[1], ports().given);
}

/** A session of a login of clouds.yaml that has a password. */
export function openCloud({ auth, region_name, cacert, verify }: CloudLogin, given: Given): Cloud {
  const { auth_url = "", username = "", password = "", user_domain_name = "Default" } = auth;
  const { project_name: projectName = "", project_domain_name: projectDomainName = "Default" } = auth;
  const scope = { kind: "project", projectName, projectDomainName } as const;
  const tls = { ...(cacert === undefined ? {} : { ca: readFileSync(cacert, "utf8") }), insecure: verify === false };
  return connectCloud(
    {
      authUrl: auth_url,
      credential: { kind: "password", username, password, userDomainName: user_domain_name, scope },
      tls,
      ...(region_name === undefined ? {} : { region: region_name }),
    },
    given,
  );
}
