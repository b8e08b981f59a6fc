import { OutsideError } from "@protector/ports";
import type { Marker, StorageArray } from "@protector/storage";
import type { EnginePorts } from "../engine-ports.ts";
import type { PodAtArray } from "../plans/pod-checks.ts";
import { arrayOf } from "../world/arrays.ts";
import { podAt } from "../world/observe-pod.ts";
import type { ReplicatedGroup } from "../world/replicated-groups.ts";

interface Contact {
  readonly array: StorageArray;
  name: Promise<string> | undefined;
  markers: Promise<ReadonlyMap<string, Marker>> | undefined;
  readonly pods: Map<string, Promise<PodAtArray>>;
  /** Why it is not asked again in this round. */
  silence: OutsideError | undefined;
}

/**
 * The arrays that one round talks to: one session each, however many groups are on it, and an array that does not answer
 * once is not asked again, so that a dead array costs a round one time limit instead of one per group.
 */
export class ArrayRound {
  readonly #ports: EnginePorts;
  readonly #contacts = new Map<string, Contact>();
  /** The same by policy and site, so that a round reads each group's token once. */
  readonly #ofPolicy = new Map<string, Contact>();

  constructor(ports: EnginePorts) {
    this.#ports = ports;
  }

  /**
   * Asks the group's array at a site.
   * @throws OutsideError when it refuses or does not answer; ProtectorError when no array is named.
   */
  async ask<T>(view: ReplicatedGroup, siteId: string, question: (array: StorageArray) => Promise<T>): Promise<T> {
    const contact = await this.#contact(view, siteId);
    if (contact.silence) throw contact.silence;
    try {
      return await question(contact.array);
    } catch (error) {
      if (error instanceof OutsideError && error.failure.status === undefined) contact.silence = error;
      throw error;
    }
  }

  /**
   * Asks each array once about all of the groups that are on it.
   * @returns for each group the answer of its array at the site that it was given with.
   */
  async askTogether<Asked extends { readonly view: ReplicatedGroup; readonly siteId: string }, T>(
    asked: readonly Asked[],
    question: (array: StorageArray, about: readonly Asked[]) => Promise<T>,
  ): Promise<ReadonlyMap<Asked, Promise<T>>> {
    const answers = new Map<Asked, Promise<T>>();
    const onArray = new Map<Contact, Asked[]>();
    for (const each of asked) {
      const contact = await this.#contact(each.view, each.siteId).catch((error: unknown) => {
        answers.set(each, failed(error));
      });
      if (!contact) continue;
      const others = onArray.get(contact);
      if (others) others.push(each);
      else onArray.set(contact, [each]);
    }
    for (const about of onArray.values()) {
      const [first] = about;
      if (!first) continue;
      const answer = this.ask(first.view, first.siteId, (array) => question(array, about));
      answer.catch(() => {});
      for (const each of about) answers.set(each, answer);
    }
    return answers;
  }

  /**
   * The marker of one of many groups at a site, as it was when the first of them was asked about: one question to each array
   * serves them all. An older marker is never ahead of a newer one: epochs only rise.
   */
  async markerOf(view: ReplicatedGroup, siteId: string, groupIds: readonly string[]): Promise<Marker | undefined> {
    const contact = await this.#contact(view, siteId);
    contact.markers ??= this.ask(view, siteId, (array) => array.readMarkers(groupIds));
    return (await contact.markers).get(view.group.id);
  }

  /** A pod as the group's array at a site tells of it: many groups are in one, which is asked for once. */
  async podAt(
    view: ReplicatedGroup,
    { siteId, siteName }: { readonly siteId: string; readonly siteName: string },
    name: string,
  ): Promise<PodAtArray> {
    const { pods } = await this.#contact(view, siteId);
    const known = pods.get(name);
    if (known) return known;
    const asked = this.ask(view, siteId, (array) => podAt({ siteName, array }, name));
    pods.set(name, asked);
    return asked;
  }

  /** Name of the group's array at a site: its own word, else what was recorded. */
  async nameOf(view: ReplicatedGroup, siteId: string): Promise<string> {
    const contact = await this.#contact(view, siteId);
    const recorded = view.consistencyGroups.find((row) => row.site_id === siteId)?.array_name;
    try {
      contact.name ??= this.ask(view, siteId, async (array) => (await array.identify()).name);
      return await contact.name;
    } catch (error) {
      contact.name = undefined;
      if (recorded === undefined || !(error instanceof OutsideError)) throw error;
      return recorded;
    }
  }

  /** Ends every session. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#contacts.values()].map(({ array }) => array.close()));
  }

  async #contact(view: ReplicatedGroup, siteId: string): Promise<Contact> {
    const ofPolicy = `${view.policy?.id}\n${siteId}`;
    const met = this.#ofPolicy.get(ofPolicy);
    if (met) return met;
    const { connection, secrets, settings, transport } = this.#ports;
    const { access } = await arrayOf({ connection, secrets, settings }, view.group, view.policy, siteId);
    const key = `${access.url}\n${access.apiToken}`;
    const contact = this.#contacts.get(key) ?? {
      array: this.#ports.storageDriver(transport).connect(access),
      name: undefined,
      markers: undefined,
      pods: new Map(),
      silence: undefined,
    };
    this.#contacts.set(key, contact);
    this.#ofPolicy.set(ofPolicy, contact);
    return contact;
  }
}

/** A refusal that is looked at later. */
function failed(error: unknown): Promise<never> {
  const answer = Promise.reject(error);
  answer.catch(() => {});
  return answer;
}
