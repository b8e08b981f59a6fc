import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemRandom, UndiciTransport } from "@protector/ports";
import { parse } from "yaml";
import { waitForUnits } from "../clouds/install.ts";
import type { Machine, Pair, SiteName } from "../clouds/pair.ts";
import type { CloudTarget, ManagePolicy } from "./cloud-target.ts";

/** A target with what has to be closed after use. */
export interface OpenTarget {
  readonly target: CloudTarget;
  close(): Promise<void>;
}

/** Entry of a clouds.yaml that logs in by password. */
interface CloudEntry {
  readonly auth: {
    readonly auth_url: string;
    readonly username: string;
    readonly password: string;
    readonly project_name: string;
    readonly user_domain_name?: string;
    readonly project_domain_name?: string;
  };
  readonly region_name?: string;
  readonly cacert?: string;
  readonly verify?: boolean;
}

/** The cloud that an administrator's entry of a clouds.yaml names. @throws Error when there is none of that name. */
export function cloudsFileTarget(
  file: string,
  name: string,
  offers: Pick<CloudTarget, "replicatedType" | "image">,
): OpenTarget {
  const { clouds } = parse(readFileSync(file, "utf8")) as { readonly clouds: Readonly<Record<string, CloudEntry>> };
  const entry = clouds[name];
  if (!entry) throw new Error(`${file} has no cloud ${name}: ${Object.keys(clouds).join(", ")}`);
  const { auth, region_name: region, cacert, verify } = entry;
  const transport = new UndiciTransport();
  const scope = {
    kind: "project",
    projectName: auth.project_name,
    projectDomainName: auth.project_domain_name ?? "Default",
  } as const;
  const tls = { ...(cacert ? { ca: readFileSync(cacert, "utf8") } : {}), insecure: verify === false };
  const target: CloudTarget = {
    ...offers,
    authUrl: auth.auth_url,
    ...(region ? { region } : {}),
    ...(auth.auth_url.startsWith("https") ? { tls } : {}),
    administrator: {
      kind: "password",
      username: auth.username,
      password: auth.password,
      userDomainName: auth.user_domain_name ?? "Default",
      scope,
    },
    transport: transport.send,
    clock: systemClock,
    random: systemRandom,
  };
  return { target, close: () => transport.close() };
}

/** A cloud of a pair that these tests brought up; Cinder's rules can be changed there, until it is closed. */
export function pairTarget(pair: Pair, site: SiteName): OpenTarget {
  const { target, close } = cloudsFileTarget(pair.cloudsFile, site, { replicatedType: "replicated", image: "cirros" });
  const machine = pair.sites[site];
  const path = "/etc/cinder/policy.yaml";
  const file = join(machine.root, path);
  const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const setRules = async (rules: string) => {
    machine.writeFile(path, rules);
    // Cinder looks at the file when it is asked something, and compares its time.
    await systemClock.sleep(1_100);
  };
  return {
    target: { ...target, setManagePolicy: (policy) => setRules(MANAGE_RULES[policy]) },
    close: async () => {
      if (before === undefined) await forgetRules(machine, file);
      else await setRules(before);
      await close();
    },
  };
}

/** Zed's oslo.policy answers nothing any more when a file that it has read is gone, so Cinder's API starts anew. */
async function forgetRules(machine: Machine, file: string): Promise<void> {
  if (!existsSync(file)) return;
  rmSync(file);
  await machine.systemctl("restart", "cinder-api");
  await waitForUnits(machine, [{ name: "cinder-api", port: 8776 }]);
}

/** Rules of `/etc/cinder/policy.yaml`: those of the installation guide, or none. */
const MANAGE_RULES: Readonly<Record<ManagePolicy, string>> = {
  open: `"volume_extension:volume_manage": "rule:admin_or_owner"
"volume_extension:volume_unmanage": "rule:admin_or_owner"
"volume_extension:services:index": "rule:admin_or_owner"
`,
  closed: "{}\n",
};
