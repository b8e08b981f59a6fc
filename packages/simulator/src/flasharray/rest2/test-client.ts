import { seededRandom, VirtualClock } from "@protector/ports";
import { Conditions } from "../../http/faults.ts";
import type { SimulatedResponse } from "../../http/service.ts";
import { createFlashArray, type FlashArrayOptions, linkArrays, type SimulatedFlashArray } from "../index.ts";
import type { Rest2Body } from "../test-answers.ts";

/** An answer of the array as a test reads it. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Rest2Body;
}

/** Speaks REST to one simulated array without a transport, logged in. */
export class TestClient {
  readonly array: SimulatedFlashArray;
  version = "2.26";
  token = "";

  constructor(array: SimulatedFlashArray) {
    this.array = array;
  }

  async logIn(apiToken = "token"): Promise<TestAnswer> {
    const answer = await this.raw("POST", `/api/${this.version}/login`, { headers: { "api-token": apiToken } });
    this.token = answer.headers["x-auth-token"] ?? this.token;
    return answer;
  }

  send(method: string, pathAndQuery: string, body?: object): Promise<TestAnswer> {
    const headers = { "x-auth-token": this.token };
    return this.raw(method, `/api/${this.version}/${pathAndQuery}`, { headers, ...(body ? { body } : {}) });
  }

  async raw(
    method: string,
    pathAndQuery: string,
    options: { headers: Record<string, string>; body?: object },
  ): Promise<TestAnswer> {
    const url = new URL(pathAndQuery, "https://array");
    const answer: SimulatedResponse = await this.array.service.handle({
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: options.headers,
      body: options.body ? JSON.stringify(options.body) : "",
    });
    return { status: answer.status, headers: answer.headers ?? {}, body: answer.body as Rest2Body };
  }

  /** The items of a listing. @throws Error when the answer is not 200. */
  async items(pathAndQuery: string): Promise<Rest2Body["items"]> {
    const answer = await this.send("GET", pathAndQuery);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return answer.body.items;
  }

  /** The message of a refusal with its status, e.g. `400 Volume does not exist.` */
  async refusal(method: string, pathAndQuery: string, body?: object): Promise<string> {
    const answer = await this.send(method, pathAndQuery, body);
    return `${answer.status} ${answer.body?.errors?.[0]?.message ?? ""}`;
  }
}

/**
 * Two arrays, linked for synchronous replication too, under a virtual clock, with a logged-in client each; sessions last for ever unless told otherwise.
 * @param options of array-a.
 */
export async function twoArrays(options: Partial<FlashArrayOptions> = {}) {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5));
  const conditions = new Conditions(clock);
  const random = seededRandom(1);
  const around = { clock, random, conditions, apiToken: "token", idleTimeoutMs: 0 };
  const make = (name: string, origin: string, own: Partial<FlashArrayOptions> = {}) =>
    new TestClient(createFlashArray({ ...around, name, origin, ...own }));
  const a = make("array-a", "https://127.0.0.21", options);
  const b = make("array-b", "https://127.0.0.22");
  await a.logIn();
  await b.logIn();
  return { clock, conditions, a, b, link: linkArrays(a.array.model, b.array.model, { isSync: true }) };
}

export type TwoArrays = Awaited<ReturnType<typeof twoArrays>>;

/** Group `pg` with volume `vol` on array-a, allowed on array-b. */
export async function replicatedGroup({ clock, a, b }: TwoArrays): Promise<void> {
  await a.send("POST", "volumes?names=vol", { provisioned: 2 ** 30 });
  await a.send("POST", "protection-groups?names=pg");
  await a.send("POST", "protection-groups/volumes?group_names=pg&member_names=vol");
  await a.send("POST", "protection-groups/targets?group_names=pg&member_names=array-b");
  await clock.advance(60_000);
  await b.send("PATCH", "protection-groups/targets?group_names=array-a:pg", { allowed: true });
}
