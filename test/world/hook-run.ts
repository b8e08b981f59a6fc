import type { HttpRequest, HttpTransport } from "@protector/ports";
import { HttpTransportError } from "@protector/ports";
import type { Hook } from "../../packages/contract/src/index.ts";
import { writeJson } from "../../packages/server/src/db/codecs.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import type { EngineOptions } from "./site-engine.ts";

/** A hook as most tests have it. */
export const HOOK: Hook = {
  when: "before",
  of: "plan",
  tier: null,
  member_id: null,
  url: "https://hooks.example.com/shop?token=x",
  undo_url: null,
  timeout_seconds: 5,
  retries: 1,
  on_failure: "stop",
  in_tests: false,
};

/** Who is called, and what it answers. */
export class Receiver {
  readonly requests: HttpRequest[] = [];
  answer: (request: HttpRequest, count: number) => number = () => 204;

  transport({ sites }: WritingGroup): HttpTransport {
    return async (request) => {
      if (!request.url.startsWith("https://hooks.example.com/")) return sites.world.transport(request);
      this.requests.push(request);
      const status = this.answer(request, this.requests.length);
      if (status === 0) throw new HttpTransportError("interrupted", "no answer");
      return { status, headers: {}, body: "" };
    };
  }

  get bodies() {
    return this.requests.map(({ body }) => JSON.parse(body ?? "null"));
  }

  /** When and about whom, in the order of the calls. */
  get told() {
    return this.bodies.map(({ when, of, tier, member }) => [when, of, member?.name ?? tier].join(" ").trim());
  }
}

/** A protected group that has hooks. */
export async function withHooks(hooks: readonly Partial<Hook>[]): Promise<WritingGroup> {
  const writing = await writingGroup();
  await writing.sites.b.connection.db
    .updateTable("protection_groups")
    .set({ hooks: writeJson(hooks.map((hook) => ({ ...HOOK, ...hook }))) })
    .where("id", "=", writing.group.id)
    .execute();
  return writing;
}

/** Lets an engine of site B bring an operation to its end; answers its status. */
export async function settle(writing: WritingGroup, id: string, receiver: Receiver, options: EngineOptions = {}) {
  const { sites } = writing;
  const engine = sites.engine(sites.b, { transport: receiver.transport(writing), ...options });
  return sites.settle(sites.b, id, engine, 3_600_000);
}

/** A hook at every moment. */
export const EVERYWHERE: readonly Partial<Hook>[] = [
  { when: "before", of: "plan" },
  { when: "after", of: "plan" },
  { when: "before", of: "tier" },
  { when: "after", of: "tier" },
  { when: "before", of: "member" },
  { when: "after", of: "member" },
  { when: "before", of: "cleanup", in_tests: true },
];
