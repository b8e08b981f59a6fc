import type { CheckResult } from "@protector/contract";
import type { Cloud } from "@protector/openstack";
import type { StorageArray } from "@protector/storage";
import type { SitesTable } from "../../db/schema.ts";
import type { EnginePorts, StorageBackend } from "../engine-ports.ts";
import { CheckList, type Finding } from "./check-list.ts";
import { proveManage } from "./manage-proof.ts";

/** REST 2 of arrays since Purity 6.4; older ones work, newer features are left out. */
const WANTED_API_MINOR = 16;

/** Looks at the arrays of `[storage] enabled_backends`, and proves on this site's own that Cinder takes volumes of them. */
export async function checkArrays(
  ports: EnginePorts,
  site: SitesTable,
  session: Cloud | undefined,
): Promise<readonly CheckResult[]> {
  const { backends } = ports.settings;
  if (backends.length === 0) {
    const reason = "[storage] enabled_backends names no array; policies have to bring their own.";
    return [{ check: "storage.backends", result: "ok", subject: site.name, reason, remedy: null }];
  }
  const pools = await session?.volume.listPools().catch(() => undefined);
  const poolNames = new Set(pools?.map(({ name }) => name));
  const checks: CheckResult[] = [];
  let isProven = false;
  for (const backend of backends) {
    const list = new CheckList(backend.name);
    const array = ports.storageDriver(ports.transport).connect(backend);
    try {
      const answers = await checkArray(array, backend, list);
      if (answers && !array.holdsData) isProven = true;
      else if (answers && session && backend.cinderHost !== undefined && poolNames.has(backend.cinderHost)) {
        isProven = true;
        await proveManage(ports, { list, array, session, cinderHost: backend.cinderHost });
      }
    } finally {
      await array.close().catch(() => {});
    }
    checks.push(...list.checks);
  }
  return isProven ? checks : [...checks, pools ? unproven(site) : unasked(site)];
}

async function checkArray(array: StorageArray, backend: StorageBackend, list: CheckList): Promise<boolean> {
  const remedy = `Correct fa_url and fa_api_token of section [${backend.name}] in protector.conf.`;
  const answers = await list.make({
    check: "storage.array",
    remedy,
    look: async () => {
      const { id, name, model, version, apiVersion } = await array.identify();
      if (!array.holdsData) {
        const reason = `${name} is a mock array: it replicates names, and no data.`;
        return { result: "warning", reason, remedy: "Use it in labs only; name a FlashArray where data matters." };
      }
      const text = `${name} (${id}), ${model}, Purity ${version}, REST ${apiVersion}.`;
      if (Number(apiVersion.split(".")[1]) >= WANTED_API_MINOR) return { result: "ok", reason: text };
      const cure = `Upgrade Purity: REST 2.${WANTED_API_MINOR} and later are proven best.`;
      return { result: "warning", reason: text, remedy: cure };
    },
  });
  if (answers) {
    await list.make({ check: "storage.connection", remedy, look: async () => judgeConnections(await array.health()) });
  }
  return answers;
}

function judgeConnections({ connections }: Awaited<ReturnType<StorageArray["health"]>>): Finding {
  const remedy = "Connect the arrays for asynchronous replication, and see that every path is up.";
  const text = connections.map((each) => `${each.array} (${each.status})`).join(", ");
  if (connections.length === 0) return { result: "warning", reason: "It is connected to no other array.", remedy };
  const isWhole = connections.every((each) => each.status === "connected");
  if (isWhole) return { result: "ok", reason: `Connected to ${text}.` };
  return { result: "warning", reason: `Not all paths are up: ${text}.`, remedy };
}

/** The checks of the cloud itself say why. */
function unasked(site: SitesTable): CheckResult {
  return {
    check: "cinder.manage",
    result: "warning",
    subject: site.name,
    reason: "Whether members may manage volumes is not known: Cinder's pools could not be listed.",
    remedy: "Put right what the checks login and cinder.admin name, then validate again.",
  };
}

function unproven(site: SitesTable): CheckResult {
  return {
    check: "cinder.manage",
    result: "warning",
    subject: site.name,
    reason:
      "Whether members may manage volumes is not known: no backend's array answers under a cinder_host of this site.",
    remedy: "Set cinder_host = host@backend#pool in the section of this site's array in protector.conf.",
  };
}
