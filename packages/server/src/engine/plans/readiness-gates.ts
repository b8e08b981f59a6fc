import type { CheckResult, ReadinessGate } from "@protector/contract";
import type { PlannedStep } from "../runner/plan.ts";
import type { AwaitConsoleInput, AwaitHttpInput, AwaitTcpInput, AwaitWebhookInput } from "../steps/readiness-gates.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import { step } from "./planned-step.ts";
import { portWiring } from "./port-wiring.ts";

/**
 * The step that waits until a recovered server is ready, beyond ACTIVE; none when it has no gate, stays off, or its gate
 * cannot be seen from the engine.
 * @param floatingIps steps that give it floating IPs.
 */
export function gateSteps(
  input: FailoverInput,
  member: FailoverMember,
  floatingIps: readonly PlannedStep[],
): readonly PlannedStep[] {
  const { gate } = member;
  if (!gate || !member.description.was_running) return [];
  const address = isSeenAnywhere(gate) ? null : addressOf(input, member, floatingIps);
  if (address === undefined) return [];
  const active = `active.${member.id}`;
  const common = { name: member.name, serverStep: `server.${member.id}`, timeoutSeconds: gate.timeout_seconds };
  return [
    step(`ready.${member.id}`, "observe", `gate.${gate.kind}`, titleOf(gate, member.name), "recover", "target", {
      memberId: member.id,
      input: inputOf(gate, common, address?.step ?? ""),
      dependsOn: [active, ...(address ? [address.step] : [])],
      settings: {
        onFailure: member.isCritical ? "stop" : "member",
        // The step ends by itself, with the gate's own error; this is for one that cannot.
        timeoutMs: (gate.timeout_seconds + 60) * 1000,
        weight: 8,
      },
    }),
  ];
}

/** Seen without reaching the server: through Nova, or by whoever is asked. */
function isSeenAnywhere(gate: ReadinessGate): gate is Extract<ReadinessGate, { kind: "console" | "webhook" }> {
  return gate.kind === "console" || gate.kind === "webhook";
}

type Common = Omit<AwaitConsoleInput, "text">;

function inputOf(gate: ReadinessGate, common: Common, addressStep: string) {
  switch (gate.kind) {
    case "console":
      return { ...common, text: gate.text } satisfies AwaitConsoleInput;
    case "webhook":
      return { ...common, url: gate.url } satisfies AwaitWebhookInput;
    case "tcp":
      return { ...common, addressStep, port: gate.port } satisfies AwaitTcpInput;
    case "http": {
      const { scheme, port, path } = gate;
      return { ...common, addressStep, scheme, port, path } satisfies AwaitHttpInput;
    }
  }
}

function titleOf(gate: ReadinessGate, name: string): string {
  switch (gate.kind) {
    case "console":
      return `Wait for the console of ${name} to show "${gate.text}"`;
    case "webhook":
      return `Wait for ${new URL(gate.url).host} to say that ${name} is ready`;
    case "tcp":
      return `Wait for ${name} to listen on port ${gate.port}`;
    case "http":
      return `Wait for ${name} to answer on ${gate.scheme} port ${gate.port}`;
  }
}

/** The step whose output has the address to probe: its first floating IP, else its first port on a reachable network. */
function addressOf(
  input: FailoverInput,
  member: FailoverMember,
  floatingIps: readonly { readonly key: string }[],
): { readonly step: string } | undefined {
  const [first] = floatingIps;
  if (first) return { step: first.key };
  const index = member.description.ports.findIndex((port) => {
    const { networkId } = portWiring(input, member, port);
    return networkId !== undefined && input.mapping.find("reachable_network", port.network_id) === networkId;
  });
  return index < 0 ? undefined : { step: `port.${member.id}.${index}` };
}

/** A gate that the engine will not be able to see: the plan says so before it runs. */
export function unseenGate(input: FailoverInput, member: FailoverMember): readonly CheckResult[] {
  const { gate, description } = member;
  if (!gate || isSeenAnywhere(gate) || !description.was_running) return [];
  const floatingIps = description.ports.flatMap((port) =>
    portWiring(input, member, port).floatingIps.map(() => ({ key: "" })),
  );
  if (addressOf(input, member, floatingIps)) return [];
  return [
    {
      check: "member.gate_not_observable",
      result: "warning",
      subject: member.name,
      reason: `Its gate (${gate.kind} port ${gate.port}) is not observable at ${input.target.siteName}: no floating IP, and none of its networks is mapped as reachable. It counts as ready when it is ACTIVE.`,
      remedy:
        "Map its network a second time with kind reachable_network where engines reach it, or use a console gate.",
    },
  ];
}
