import type { UpdatePort } from "@protector/openstack";
import type { PlannedStep } from "../runner/plan.ts";
import type { GrowVolumeInput } from "../steps/grow-volume.ts";
import type { PlugPortInput, RewirePortInput, UnplugPortInput } from "../steps/plug-ports.ts";
import type { ResizeServerInput } from "../steps/resize-server.ts";
import type { ComingHome } from "./failback-input.ts";
import type { FailoverInput } from "./failover-input.ts";
import type { RewiredNic } from "./nic-changes.ts";
import { step } from "./planned-step.ts";

/**
 * What was changed at the other site and is brought home. None of it keeps a server from being home: what fails is named, and
 * can be tried again.
 */
export interface HomeChangeSteps {
  /** Before the server starts. */
  readonly before: readonly PlannedStep[];
  /** When it runs, or is off as it was: Nova and Cinder refuse them while it is shelved. */
  readonly after: readonly PlannedStep[];
}

export function changeSteps(input: FailoverInput, coming: ComingHome): HomeChangeSteps {
  const resize = resizeSteps(input, coming);
  return {
    before: coming.nics.rewired.map((nic) => rewireStep(input, coming, nic)),
    after: [
      ...growSteps(input, coming),
      ...resize,
      ...plugSteps(
        input,
        coming,
        resize.map(({ key }) => key),
      ),
    ],
  };
}

/** The server starts when its ports have been rewired; it is ready, and seen as planned, when the rest has ended. */
export function amongChanges(steps: readonly PlannedStep[], { before, after }: HomeChangeSteps): PlannedStep[] {
  const [early, late] = [before, after].map((each) => each.map(({ key }) => key));
  return steps.map((each) => {
    const kind = each.key.split(".")[0];
    if (kind === "server") return { ...each, after: [...each.after, ...(early ?? [])] };
    const isGate = each.action.startsWith("gate.");
    const waits = isGate || kind === "unlock" || kind === "gate" || kind === "verify";
    const waiting = waits ? { ...each, after: [...each.after, ...(late ?? [])] } : each;
    return isGate ? atNewAddress(waiting, early ?? []) : waiting;
  });
}

/** A gate that asks for the address of a port which is rewired. */
function atNewAddress(gate: PlannedStep, rewired: readonly string[]): PlannedStep {
  const { addressStep } = gate.input as { addressStep?: string };
  const rewireStep = addressStep?.replace(/^port\./, "rewire.");
  if (rewireStep === undefined || !rewired.includes(rewireStep)) return gate;
  return { ...gate, input: { ...(gate.input as object), rewireStep } };
}

/** The step after which a server is what it was: running or off. */
function restingStep({ member }: ComingHome): string {
  return `${member.description.was_running ? "active" : "power_off"}.${member.id}`;
}

/** The overwriting has made it larger on the array already; Cinder counts it, and tells Nova. */
function growSteps({ target }: FailoverInput, { member, grown }: ComingHome): readonly PlannedStep[] {
  return grown.map(({ index, volumeId, name, fromGib, toGib }) => {
    const input: GrowVolumeInput = { title: `volume ${name} of ${member.name}`, volumeId, sizeGib: toGib };
    return step(
      `grow.${member.id}.${index}`,
      "ensure",
      "volume.grow",
      `Extend volume ${name} of ${member.name} at ${target.siteName} from ${fromGib} to ${toGib} GiB`,
      "recover",
      "target",
      {
        memberId: member.id,
        input,
        dependsOn: [`active.${member.id}`, `volume.${member.id}.${index}`],
        settings: { onFailure: "member" },
      },
    );
  });
}

function resizeSteps({ target }: FailoverInput, coming: ComingHome): readonly PlannedStep[] {
  const { member, server, flavor, grown } = coming;
  if (!server || !flavor?.to) return [];
  const { id: flavorId, name: flavorName } = flavor.to;
  const input: ResizeServerInput = { serverId: server.id, name: member.name, flavorId, flavorName };
  return [
    step(
      `resize.${member.id}`,
      "ensure",
      "server.resize",
      `Resize ${member.name} at ${target.siteName} from ${flavor.from} to ${flavorName}`,
      "recover",
      "target",
      {
        memberId: member.id,
        input,
        dependsOn: [restingStep(coming)],
        // A volume that is being extended is not moved to another host.
        after: grown.map(({ index }) => `grow.${member.id}.${index}`),
        settings: { onFailure: "member", timeoutMs: 30 * 60_000, weight: 8 },
      },
    ),
  ];
}

/** Of a server that is kept. Nova changes one thing of a server at a time. */
function plugSteps({ target }: FailoverInput, coming: ComingHome, resized: readonly string[]): readonly PlannedStep[] {
  const { member, server, nics } = coming;
  if (!server) return [];
  const base = { serverId: server.id, name: member.name };
  const steps: PlannedStep[] = [];
  const add = (key: string, action: string, title: string, input: object, needs: readonly string[] = []) => {
    const before = steps.at(-1)?.key;
    steps.push(
      step(key, "ensure", action, title, "recover", "target", {
        memberId: member.id,
        input,
        dependsOn: [restingStep(coming), ...needs],
        after: before === undefined ? resized : [before],
        settings: { onFailure: "member" },
      }),
    );
  };
  for (const [index, { id, macAddress }] of nics.removed.entries()) {
    const input: UnplugPortInput = { ...base, portId: id };
    const title = `Unplug NIC ${macAddress} of ${member.name} at ${target.siteName}`;
    add(`unplug.${member.id}.${index}`, "port.unplug", title, input);
  }
  for (const index of nics.added) {
    const portStep = `port.${member.id}.${index}`;
    const input: PlugPortInput = { ...base, portStep };
    const title = `Plug NIC ${member.description.ports[index]?.mac_address} into ${member.name} at ${target.siteName}`;
    add(`plug.${member.id}.${index}`, "port.plug", title, input, [portStep]);
  }
  return steps;
}

function rewireStep({ target }: FailoverInput, { member }: ComingHome, nic: RewiredNic): PlannedStep {
  const { index, port, change, told } = nic;
  const was: Required<UpdatePort> = {
    fixedIps: port.fixedIps,
    securityGroupIds: port.securityGroupIds,
    isPortSecurityEnabled: port.isPortSecurityEnabled,
    allowedAddressPairs: port.allowedAddressPairs,
  };
  const before = Object.fromEntries(Object.entries(was).filter(([key]) => key in change));
  const input: RewirePortInput = { portId: port.id, serverName: member.name, change, before };
  return step(
    `rewire.${member.id}.${index}`,
    "ensure",
    "port.rewire",
    `Give NIC ${port.macAddress} of ${member.name} at ${target.siteName} the ${told.join(" and ")} that it has now`,
    "recover",
    "target",
    {
      memberId: member.id,
      input,
      dependsOn: ["schedule.off"],
      settings: { isUndoable: true, onFailure: "member" },
    },
  );
}
