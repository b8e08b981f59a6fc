import type { Clock, HttpTransport, Random } from "@protector/ports";
import type { VolumeBytes } from "./content/volume-bytes.ts";
import {
  type ArrayDescription,
  type ArrayLink,
  type ArraysMemory,
  createFlashArray,
  type FlashArrayOptions,
  type LinkOptions,
  linkArrays,
  type SimulatedFlashArray,
} from "./flasharray/index.ts";
import { Conditions } from "./http/faults.ts";
import { inProcessTransport } from "./http/in-process-transport.ts";
import { listen, type ServerCertificate } from "./http/listener.ts";
import type { SimulatedService } from "./http/service.ts";
import { Cloud } from "./openstack/cloud.ts";
import type { CloudDescription } from "./openstack/cloud-description.ts";
import type { CloudOptions } from "./openstack/cloud-options.ts";
import { RunningDisks } from "./openstack/guests/running-disks.ts";
import { Problems } from "./problems.ts";

/** An array of a world; clock, randomness, conditions and bytes are the world's. */
export type WorldArrayOptions = Omit<FlashArrayOptions, "clock" | "random" | "conditions" | "bytes" | "onChange">;

export interface WorldOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly arrays: readonly WorldArrayOptions[];
  /** Which arrays replicate with each other; default: every pair. */
  readonly links?: readonly (readonly [string, string])[];
  readonly link?: LinkOptions;
  readonly clouds: readonly CloudOptions[];
  /** Where the arrays keep their volumes' bytes; default: nowhere, volumes hold the log of their writes only. */
  readonly bytes?: VolumeBytes;
  /** What the arrays remember over a restart; default: they start empty. */
  readonly memory?: ArraysMemory;
}

/** ms between looks at what time has done to the arrays, while others write to the volumes' bytes. */
const SETTLE_EVERY_MS = 250;

/** Something that must never happen: one list for clouds and arrays. */
export interface WorldProblem {
  readonly kind: string;
  /** ms since the UNIX epoch. */
  readonly at: number;
  /** Cloud or array. */
  readonly where: string;
  readonly message: string;
}

export interface WorldDescription {
  readonly clouds: readonly CloudDescription[];
  readonly arrays: readonly ArrayDescription[];
}

/** Several clouds and arrays under one clock. */
export class World {
  readonly clock: Clock;
  readonly random: Random;
  readonly conditions: Conditions;
  readonly clouds: readonly Cloud[];
  readonly arrays: readonly SimulatedFlashArray[];
  readonly links: readonly ArrayLink[];
  readonly services: readonly SimulatedService[];
  /** Reaches all services without sockets. */
  readonly transport: HttpTransport;
  readonly #problems = new Problems();
  readonly #hasBytes: boolean;
  readonly #memory: ArraysMemory | undefined;

  constructor(options: WorldOptions) {
    const { clock, random } = options;
    this.clock = clock;
    this.random = random;
    this.conditions = new Conditions(clock);
    this.#hasBytes = options.bytes !== undefined;
    this.#memory = options.memory;
    const shared = {
      clock,
      random,
      conditions: this.conditions,
      ...(options.bytes ? { bytes: options.bytes } : {}),
      ...(options.memory ? { onChange: () => this.#remember() } : {}),
    };
    this.arrays = options.arrays.map((array) => createFlashArray({ ...array, ...shared }));
    const pairs = options.links ?? everyPair(options.arrays.map(({ name }) => name));
    this.links = pairs.map(([a, b]) => linkArrays(this.array(a).model, this.array(b).model, options.link));
    const remembered = options.memory?.read() ?? [];
    for (const memory of remembered) this.array(memory.name).model.state.recall(memory);
    for (const memory of remembered) this.array(memory.name).model.recallPods(memory);
    const running = new RunningDisks();
    const around = { clock, random, running, problems: this.#problems, conditions: this.conditions };
    this.clouds = options.clouds.map(
      (cloud) => new Cloud(cloud, { ...around, array: (name) => this.array(name).model }),
    );
    this.services = [...this.clouds.flatMap(({ services }) => services), ...this.arrays.map(({ service }) => service)];
    this.transport = inProcessTransport(this.conditions, this.services);
  }

  /** @throws Error for an unknown name. */
  cloud(name: string): Cloud {
    const cloud = this.clouds.find((each) => each.name === name);
    if (!cloud) throw new Error(`no cloud ${name}`);
    return cloud;
  }

  /** @throws Error for an unknown name. */
  array(name: string): SimulatedFlashArray {
    const array = this.arrays.find(({ model }) => model.name === name);
    if (!array) throw new Error(`no array ${name}`);
    return array;
  }

  /** What went wrong so far, oldest first; tests assert it to be empty. */
  get problems(): readonly WorldProblem[] {
    const onArrays = this.arrays.flatMap(({ model }) =>
      model.problems.map(({ kind, at, object, detail }) => ({
        kind,
        at,
        where: model.name,
        message: `${object}: ${detail}`,
      })),
    );
    return [...this.#problems.list, ...onArrays].sort((a, b) => a.at - b.at);
  }

  /** The whole world as plain data for comparison. */
  describe(): WorldDescription {
    return {
      clouds: this.clouds.map((cloud) => cloud.describe()),
      arrays: this.arrays.map(({ model }) => model.describe()),
    };
  }

  /**
   * Serves everything over real HTTP on the services' own origins.
   * @param certificate for services whose origin is `https:`.
   * @returns a function that stops listening and all background work.
   */
  async listen(certificate?: ServerCertificate): Promise<() => Promise<void>> {
    const stops: (() => Promise<void>)[] = [];
    if (this.#hasBytes) stops.push(this.#settleAlways());
    const stop = async () => {
      for (const cloud of this.clouds) cloud.stop();
      await Promise.all(stops.map((each) => each()));
    };
    try {
      for (const service of this.services) stops.push(await listen(this.conditions, service, certificate));
    } catch (error) {
      await stop();
      throw error;
    }
    return stop;
  }

  #remember(): void {
    this.#memory?.write(this.arrays.map(({ model }) => model.state.memory));
  }

  /**
   * Lets schedules run on time. Without bytes outside nobody can tell, as every look at an array lets happen what was
   * due; but bytes change without a look, and a point that is cut late would hold what came after it.
   * @returns a function that ends it.
   */
  #settleAlways(): () => Promise<void> {
    const end = new AbortController();
    const settle = async () => {
      while (!end.signal.aborted) {
        try {
          for (const { model } of this.arrays) model.fabric.settle();
          this.#remember();
        } catch {
          // As with a full disk: it stays due, and whoever calls the array next is told.
        }
        await this.clock.sleep(SETTLE_EVERY_MS, end.signal).catch(() => {});
      }
    };
    const settling = settle();
    return async () => {
      end.abort();
      await settling;
    };
  }
}

export function createWorld(options: WorldOptions): World {
  return new World(options);
}

function everyPair(names: readonly string[]): readonly (readonly [string, string])[] {
  return names.flatMap((a, index) => names.slice(index + 1).map((b) => [a, b] as const));
}
