import { SiteClient } from "@protector/client";
import type { Operation, OperationStep } from "@protector/contract";
import type { Cloud } from "@protector/openstack";
import { systemClock, systemRandom, UndiciTransport } from "@protector/ports";
import { waitFor } from "../machines/wait.ts";
import { openCloud } from "./open-stage.ts";
import type { CloudLogin } from "./stage.ts";

/** How long anything may take that needs no repair. ms */
const LIMIT_MS = 600_000;

/** Protector's API at one site in a tenant's name, for looks that have to be quick. */
export class TenantApi {
  readonly #client: SiteClient;
  readonly #cloud: Cloud;

  constructor(name: string, login: CloudLogin) {
    const transport = new UndiciTransport();
    const ports = { transport: transport.send, clock: systemClock, random: systemRandom };
    const cloud = openCloud(login, ports);
    this.#cloud = cloud;
    const token = async () => {
      const { value, content } = await cloud.token();
      return { value, projectId: content.projectId };
    };
    const session = { name, token, endpoint: () => cloud.endpoint("protector") };
    this.#client = new SiteClient({ session, ports, globalRequestId: `req-${systemRandom.uuid()}` });
  }

  async operation(id: string): Promise<Operation> {
    return (await this.#client.call("operations.show", { path: { id } })).operation;
  }

  async steps(id: string): Promise<readonly OperationStep[]> {
    return (await this.#client.call("operations.steps", { path: { id } })).steps;
  }

  /** Waits until a step is as it is wanted; a site that does not answer is asked again. */
  async awaitStep(id: string, isWanted: (step: OperationStep) => boolean, what: string): Promise<OperationStep> {
    return waitFor(async () => (await this.steps(id)).find(isWanted), { what, timeoutMs: LIMIT_MS });
  }

  /** Waits until the operation rests: done, failed, or waiting for somebody. */
  async awaitRest(id: string, timeoutMs = LIMIT_MS): Promise<Operation> {
    return waitFor(
      async () => {
        const operation = await this.operation(id);
        return operation.finished_at !== null || operation.status === "paused" ? operation : undefined;
      },
      { what: `operation ${id} did not end`, timeoutMs },
    );
  }

  /** Servers, volumes and ports of the tenant at this site are gone; whoever owes their removal needs a while. */
  async awaitNothingLeft(): Promise<void> {
    await waitFor(
      async () => {
        const { compute, volume, network } = this.#cloud;
        const left = [
          ...(await compute.listServers({})),
          ...(await volume.listVolumes({})),
          ...(await network.listPorts({})).filter(
            (port) => port.deviceOwner.startsWith("compute:") || port.deviceOwner === "",
          ),
        ].map(({ id, name }) => `${name} (${id})`);
        if (left.length > 0) throw new Error(`there are still ${left.join(", ")}`);
        return true;
      },
      { what: "the site was not emptied", timeoutMs: LIMIT_MS },
    );
  }
}
