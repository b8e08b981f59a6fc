import { basename } from "node:path";
import { PASSWORDS, type Site } from "../clouds/site.ts";
import type { CommandResult } from "../machines/command.ts";
import type { Machine } from "../machines/machine.ts";
import { bringFile, bringNode, type HostPackages } from "./host-packages.ts";
import { pageBlock } from "./install-page.ts";
import { typeAtTerminal, typeCommands } from "./terminal.ts";

/** How the programs come to a site. */
export type Way = "npm" | "debian";

/** An operator at the machine of one site, with the page before him. */
export interface Walk {
  readonly site: Site;
  readonly machine: Machine;
  readonly way: Way;
  readonly packages: HostPackages;
}

/** Passwords as the page prints them. */
export const DATABASE_PASSWORD = "PROTECTOR_DBPASS";
export const SERVICE_PASSWORD = "PROTECTOR_PASS";
/** MariaDB lets root in by its socket, whatever he types. */
const NO_PASSWORD = "";

/** Folder of the unit files. */
export const UNIT_FOLDERS: Readonly<Record<Way, string>> = {
  npm: "/etc/systemd/system",
  debian: "/lib/systemd/system",
};

/** The steps of docs/install.md in the order in which they are done; each types what the page prints. */
export const INSTALL_STEPS = {
  /** What a site has before Protector comes: the administrator's login, and Node.js where npm installs. */
  prepareHost: async ({ machine, site, way, packages }: Walk): Promise<CommandResult> => {
    machine.writeFile("/root/admin-openrc", openrc(site), { mode: 0o600 });
    bringFile(machine, packages.libatomic);
    bringFile(machine, packages.plugin);
    bringFile(machine, way === "npm" ? packages.npm : packages.debian);
    if (way === "npm") await bringNode(machine);
    return typeCommands(machine, `dpkg --install ./${basename(packages.libatomic)}`);
  },
  /** Step 1; the Debian package does it itself. */
  makeUser: async ({ machine, way }: Walk): Promise<CommandResult> =>
    way === "debian" ? DONE : typeCommands(machine, pageBlock("run", "user")),
  makeDatabase: ({ machine }: Walk) => typeAtTerminal(machine, pageBlock("run", "database"), [NO_PASSWORD]),
  makeServiceUser: ({ machine }: Walk) =>
    typeAtTerminal(machine, pageBlock("run", "service-user"), [SERVICE_PASSWORD, SERVICE_PASSWORD]),
  registerEndpoints: ({ machine, site }: Walk) =>
    typeCommands(machine, pageBlock("run", "endpoints").replaceAll("//controller:", `//${site.name}-controller:`)),
  installPrograms: ({ machine, way }: Walk) => typeCommands(machine, pageBlock("run", `${way}-package`)),
  installPlugin: ({ machine }: Walk) => typeCommands(machine, pageBlock("run", "openstack-plugin")),
  writeConfiguration: async ({ machine }: Walk): Promise<CommandResult> => {
    for (const path of ["/etc/protector/protector.conf", "/etc/protector/policy.yaml"])
      machine.writeFile(path, pageBlock("file", path));
    return typeCommands(machine, pageBlock("run", "protect-configuration"));
  },
  makeSchema: ({ machine }: Walk) => typeCommands(machine, pageBlock("run", "schema")),
  writeUnits: async ({ machine, way }: Walk): Promise<CommandResult> => {
    const units = ["protector-api", "protector-engine"].map((name) => `${UNIT_FOLDERS[way]}/${name}.service`);
    if (way === "npm") for (const path of units) machine.writeFile(path, pageBlock("file", path));
    return typeCommands(machine, `systemd-analyze verify ${units.join(" ")}`);
  },
  startServices: ({ machine }: Walk) => typeCommands(machine, pageBlock("run", "start")),
  allowManaging: async ({ machine }: Walk): Promise<CommandResult> => {
    const path = "/etc/cinder/policy.yaml";
    machine.writeFile(path, pageBlock("file", path), { mode: 0o640, group: "cinder" });
    return typeCommands(machine, pageBlock("run", "restart-cinder"));
  },
} as const;

export type InstallStep = keyof typeof INSTALL_STEPS;

const DONE: CommandResult = { code: 0, stdout: "", stderr: "" };

/** The file that clouds call `admin-openrc`. */
function openrc(site: Site): string {
  const variables = {
    OS_AUTH_URL: `http://${site.name}-controller:5000/v3`,
    OS_IDENTITY_API_VERSION: "3",
    OS_USERNAME: "admin",
    OS_PASSWORD: PASSWORDS.admin,
    OS_PROJECT_NAME: "admin",
    OS_USER_DOMAIN_NAME: "Default",
    OS_PROJECT_DOMAIN_NAME: "Default",
    OS_REGION_NAME: "RegionOne",
  };
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${value}\n`)
    .join("");
}
