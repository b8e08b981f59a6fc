import type { BlockArray } from "../flasharray/block-array.ts";
import type { Conditions } from "../http/faults.ts";
import { createCinder } from "./cinder/cinder.ts";
import { startDriver } from "./cinder/pure-driver.ts";
import type { Backend } from "./cinder/records.ts";
import { REPLICATION_POD, VolumeState } from "./cinder/volume-state.ts";
import { type CloudDescription, describeCloud } from "./cloud-description.ts";
import {
  type CloudOptions,
  DEFAULT_COMPUTE_DURATIONS,
  DEFAULT_PORTS,
  DEFAULT_VOLUME_DURATIONS,
} from "./cloud-options.ts";
import { Environment, type EnvironmentOptions } from "./core/environment.ts";
import type { OpenStackService } from "./core/openstack-service.ts";
import { createGlance } from "./glance/glance.ts";
import { ImageState } from "./glance/image-state.ts";
import type { Guest } from "./guests/guest.ts";
import { Guests } from "./guests/guests.ts";
import type { RunningDisks } from "./guests/running-disks.ts";
import { IdentityState } from "./keystone/identity-state.ts";
import { createKeystone } from "./keystone/keystone.ts";
import { NetworkState } from "./neutron/network-state.ts";
import { createNeutron } from "./neutron/neutron.ts";
import { ComputeState } from "./nova/compute-state.ts";
import { createNova } from "./nova/nova.ts";
import type { ComputeHost } from "./nova/records.ts";
import { hasItsDisks } from "./nova/server-life.ts";
import { LoadBalancerState } from "./octavia/load-balancer-state.ts";
import { createOctavia } from "./octavia/octavia.ts";
import { createPlacement } from "./placement/placement.ts";

/** What a cloud shares with its world. */
export interface CloudSurroundings extends Omit<EnvironmentOptions, "cloud"> {
  readonly conditions: Conditions;
  readonly running: RunningDisks;
  /** @throws Error for an unknown name. */
  readonly array: (name: string) => BlockArray;
}

/** One simulated OpenStack cloud: the state of its services, their REST front ends, and its guests. */
export class Cloud {
  readonly name: string;
  readonly region: string;
  /** Keystone's address with `/v3`. */
  readonly authUrl: string;
  readonly options: CloudOptions;
  readonly environment: Environment;
  readonly identity: IdentityState;
  readonly images: ImageState;
  /** Of Octavia; see {@link offerLoadBalancers}. */
  readonly loadBalancers: LoadBalancerState;
  readonly networks: NetworkState;
  readonly volumes: VolumeState;
  readonly guests: Guests;
  readonly compute: ComputeState;
  readonly services: readonly OpenStackService[];
  readonly #conditions: Conditions;
  #restore: (() => void) | undefined;

  constructor(options: CloudOptions, around: CloudSurroundings) {
    this.name = options.name;
    this.region = options.region ?? "RegionOne";
    this.options = options;
    this.#conditions = around.conditions;
    const environment = new Environment({ ...around, cloud: options.name });
    this.environment = environment;
    this.identity = new IdentityState(environment);
    this.images = new ImageState(environment);
    this.networks = new NetworkState(environment);
    this.loadBalancers = new LoadBalancerState(environment);
    const [first, ...others] = options.backends.map((backend): Backend => {
      const name = backend.name ?? "pure";
      const host = backend.host ?? `${options.name}@${name}`;
      const serviceId = serviceIdOf(host);
      const sync = backend.sync && {
        array: around.array(backend.sync.array),
        isUniform: backend.sync.isUniform ?? false,
        isLeftOut: false,
      };
      return { name, host, pool: backend.pool ?? "pure", serviceId, array: around.array(backend.array), sync };
    });
    if (!first) throw new Error(`cloud ${options.name} has no backend`);
    this.volumes = new VolumeState({
      environment,
      backends: [first, ...others],
      durations: { ...DEFAULT_VOLUME_DURATIONS, ...options.volumeDurations },
      memberMayManage: options.memberMayManage ?? true,
    });
    for (const { array, sync } of this.volumes.backends) {
      // An operator has: the driver would make the pod, but does not start before it is there.
      if (sync) array.ensureStretchedPod(REPLICATION_POD, sync.array.name);
    }
    startDriver(this.volumes);
    this.guests = new Guests({ environment, volumes: this.volumes, running: around.running });
    this.compute = new ComputeState({
      environment,
      volumes: this.volumes,
      networks: this.networks,
      guests: this.guests,
      hosts: hostsOf(options, environment),
      durations: { ...DEFAULT_COMPUTE_DURATIONS, ...options.computeDurations },
    });
    this.authUrl = `${this.#origin("keystone")}/v3`;
    this.services = this.#createServices();
    this.#registerServices();
  }

  /** The guest of a server. @throws Error when the server never booted. */
  guest(serverId: string): Guest {
    const guest = this.guests.find(serverId);
    if (!guest) throw new Error(`server ${serverId} of ${this.name} never booted`);
    return guest;
  }

  /** The site loses power: no service answers, every guest stops as it stands. Arrays have switches of their own. */
  powerOff(): void {
    if (this.#restore) return;
    this.#restore = this.#conditions.inject({ service: `${this.name}/`, fault: { kind: "unreachable" } });
    this.guests.isPowered = false;
    this.environment.setPower(false);
    for (const server of this.compute.servers.values()) this.guests.halt(server);
  }

  /**
   * Power is back. Guests that ran are started again (`resumeGuests`, Nova's `resume_guests_state_on_host_boot`), or
   * Nova finds them off and sets their servers to `SHUTOFF`.
   */
  powerOn({ resumeGuests }: { readonly resumeGuests: boolean }): void {
    this.#restore?.();
    this.#restore = undefined;
    this.guests.isPowered = true;
    for (const server of this.compute.servers.values()) {
      if (server.vmState !== "active") continue;
      if (resumeGuests && hasItsDisks(this.compute, server)) this.guests.boot(server);
      else Object.assign(server, { vmState: "stopped", powerState: 4 });
    }
    this.environment.setPower(true);
  }

  /** Cinder's volume services start again: a device that does not answer is left out, one that does is taken in. */
  restartCinder(): void {
    startDriver(this.volumes);
  }

  /** The cloud as plain data, in a fixed order. */
  describe(): CloudDescription {
    return describeCloud(this);
  }

  /** Ends all background work for good. */
  stop(): void {
    this.environment.stop();
  }

  #origin(service: keyof typeof DEFAULT_PORTS): string {
    const port = this.options.ports?.[service] ?? DEFAULT_PORTS[service];
    return new URL(`http://${this.options.host}:${port}`).origin;
  }

  #createServices(): readonly OpenStackService[] {
    const authenticate = (token: string) => this.identity.callerOf(token);
    const findImage = (id: string) => this.images.images.get(id);
    const of = (service: keyof typeof DEFAULT_PORTS) => ({
      name: `${this.name}/${service}`,
      origin: this.#origin(service),
      authenticate,
      authUri: this.authUrl,
    });
    return [
      createKeystone(`${this.name}/keystone`, this.#origin("keystone"), this.identity),
      createNova({ ...of("nova"), state: this.compute, findImage }),
      createCinder({ ...of("cinder"), state: this.volumes, findImage }),
      createNeutron({ ...of("neutron"), state: this.networks }),
      createGlance({ ...of("glance"), state: this.images }),
      createPlacement({ ...of("placement"), state: this.compute }),
      createOctavia({ ...of("octavia"), state: this.loadBalancers }),
    ];
  }

  #registerServices(): void {
    const entries = [
      ["identity", "keystone", this.authUrl],
      ["compute", "nova", `${this.#origin("nova")}/v2.1`],
      ["volumev3", "cinderv3", `${this.#origin("cinder")}/v3/%(tenant_id)s`],
      ["block-storage", "cinder", `${this.#origin("cinder")}/v3/%(tenant_id)s`],
      ["network", "neutron", this.#origin("neutron")],
      ["image", "glance", this.#origin("glance")],
      ["placement", "placement", this.#origin("placement")],
    ] as const;
    for (const [type, name, url] of entries) this.publish(type, name, url);
  }

  /** Puts Octavia into the catalog: not every cloud has one. */
  offerLoadBalancers(): void {
    if (this.identity.services.values().some(({ type }) => type === "load-balancer")) return;
    this.publish("load-balancer", "octavia", this.#origin("octavia"));
  }

  /** Puts a service with its three endpoints into the catalog. @param url may hold `%(tenant_id)s`. */
  publish(type: string, name: string, url: string): void {
    const service = this.identity.createService(type, name);
    for (const kind of ["public", "internal", "admin"]) {
      this.identity.createEndpoint(service.id, kind, { region: this.region, url });
    }
  }
}

/** An id that does not use up the cloud's random numbers. */
function serviceIdOf(host: string): string {
  const hex = Buffer.from(host).toString("hex").padEnd(32, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function hostsOf(options: CloudOptions, environment: Environment): readonly ComputeHost[] {
  const { count = 4, vcpus = 4096, ramMiB = 16 * 1024 * 1024, diskGiB = 4096 } = options.hosts ?? {};
  const { availabilityZone = "nova" } = options.hosts ?? {};
  return Array.from({ length: count }, (_, index) => {
    const name = `compute-${options.name}-${index + 1}`;
    const arrayHost = `${name.slice(0, 23)}-${environment.hexId()}-cinder`;
    return { name, availabilityZone, vcpus, ramMiB, diskGiB, traits: new Set<string>(), arrayHost };
  });
}
