import { ProtectorError } from "@protector/contract";
import { HttpTransportError, OutsideError } from "@protector/ports";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { postSigned } from "./signed-post.ts";

/** What every gate knows. */
interface GateInput {
  /** Of the server. */
  readonly name: string;
  /** Step that made it. */
  readonly serverStep: string;
  readonly timeoutSeconds: number;
}

export interface AwaitConsoleInput extends GateInput {
  /** Part of a line. */
  readonly text: string;
}

export interface AwaitTcpInput extends GateInput {
  /** Step whose output has the server's address. */
  readonly addressStep: string;
  /** Step that may have given its port another one since. */
  readonly rewireStep?: string;
  readonly port: number;
}

export interface AwaitHttpInput extends AwaitTcpInput {
  readonly scheme: "http" | "https";
  readonly path: string;
}

/** How long the server took to become ready once it was ACTIVE. */
export interface OpenedGate {
  readonly readyAt: number;
}

const LOOK_EVERY_MS = 5_000;
/** ms that one look may take. */
const LOOK_TIMEOUT_MS = 10_000;
/** Lines of the console log that are looked through each time. */
const CONSOLE_LINES = 200;

/** Until the console log shows a text. */
export const awaitConsole: StepHandler<AwaitConsoleInput, OpenedGate> = {
  run: (context, input) =>
    awaitOpen(context, input, async () => {
      const { serverId } = context.output<{ serverId: string }>(input.serverStep);
      const console = await context.here.admin.compute.consoleOutput(serverId, CONSOLE_LINES);
      return console.includes(input.text) ? undefined : `its console does not show "${input.text}"`;
    }),
};

/** Until somebody listens on a port of the server. */
export const awaitTcp: StepHandler<AwaitTcpInput, OpenedGate> = {
  run: (context, input) =>
    awaitOpen(context, input, async () => {
      const host = addressOf(context, input);
      const { port } = input;
      const isOpen = await context.outbound.tcp({ host, port, timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal });
      return isOpen ? undefined : `nothing listens on ${host} port ${port}`;
    }),
};

/** Until the server answers with a status below 400. No redirect is followed; who it is, is not checked: it is our own server. */
export const awaitHttp: StepHandler<AwaitHttpInput, OpenedGate> = {
  run: (context, input) =>
    awaitOpen(context, input, async () => {
      const host = addressOf(context, input);
      const url = `${input.scheme}://${host.includes(":") ? `[${host}]` : host}:${input.port}${input.path}`;
      try {
        const { status } = await context.outbound.http({
          method: "GET",
          url,
          headers: { "user-agent": "protector-engine" },
          timeoutMs: LOOK_TIMEOUT_MS,
          tls: { insecure: true },
          signal: context.signal,
        });
        return status < 400 ? undefined : `${url} answers ${status}`;
      } catch (error) {
        if (error instanceof HttpTransportError) return `${url} does not answer`;
        throw error;
      }
    }),
};

export interface AwaitWebhookInput extends GateInput {
  readonly url: string;
}

/** Until a web service outside says that the server is ready: it is asked again and again, and signed as hooks are. */
export const awaitWebhook: StepHandler<AwaitWebhookInput, OpenedGate> = {
  run: (context, input) =>
    awaitOpen(context, input, async () => {
      const { serverId } = context.output<{ serverId: string }>(input.serverStep);
      const { id, groupId, projectId, type } = context.operation;
      const facts = {
        when: "gate",
        of: "member",
        member: { id: context.memberId, name: input.name, server_id: serverId },
        operation: { id, type },
        protection_group: { id: groupId },
        project_id: projectId,
      };
      const closed = await postSigned(context, { url: input.url, timeoutMs: LOOK_TIMEOUT_MS, facts });
      return closed === undefined ? undefined : `${new URL(input.url).origin} was asked: ${closed}`;
    }),
};

function addressOf(context: StepContext, { addressStep, rewireStep }: AwaitTcpInput): string {
  type Made = { readonly address?: string; readonly addresses?: readonly string[] };
  const rewired = rewireStep === undefined ? undefined : context.outputIfAny<Made>(rewireStep);
  const made = rewired?.addresses ? rewired : context.output<Made>(addressStep);
  const address = made.address ?? made.addresses?.[0];
  if (address) return address;
  throw new ProtectorError("member.gate_closed", `Port of step ${addressStep} has no address to probe.`);
}

/**
 * @param look why the gate is closed; undefined when it is open.
 * @throws ProtectorError `member.gate_closed` after the gate's time limit, with what the last look saw.
 */
async function awaitOpen(
  context: StepContext,
  { name, timeoutSeconds }: GateInput,
  look: () => Promise<string | undefined>,
): Promise<OpenedGate> {
  const { clock, signal } = context;
  const until = clock.now() + timeoutSeconds * 1000;
  for (;;) {
    signal.throwIfAborted();
    const closed = await look().catch((error: unknown) => {
      // A console that Nova cannot show yet is a closed gate.
      if (error instanceof OutsideError) return error.message;
      throw error;
    });
    if (closed === undefined) return { readyAt: clock.now() };
    if (clock.now() + LOOK_EVERY_MS > until) {
      const detail = `Server ${name} is ACTIVE, but was not ready within ${timeoutSeconds} s: ${closed}.`;
      throw new ProtectorError("member.gate_closed", detail);
    }
    context.report(null, `${name}: ${closed}`);
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}
