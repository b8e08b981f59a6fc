import type { Cloud, Credential } from "@protector/openstack";
import { connectCloud } from "@protector/openstack";
import { OutsideError, type OutsideFailure } from "@protector/ports";
import type { CloudTarget } from "./cloud-target.ts";
import type { Json } from "./recording.ts";
import type { Exchange, RecordingTransport } from "./recording-transport.ts";
import { tracedCloud } from "./traced-cloud.ts";

/** A call that no client of Protector makes: preparation, or one page of a list. */
export interface RawCall {
  readonly service: "identity" | "compute" | "volume" | "network" | "image" | "placement";
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Behind the version and, for Cinder, the project. */
  readonly path: string;
  readonly body?: object;
  /** Instead of the session's own. */
  readonly token?: string;
  /** Statuses besides 2xx that are an answer. */
  readonly accept?: readonly number[];
}

/** A session whose calls are recorded under the name of its caller. */
export interface Actor {
  /** `service user`, `tenant's trust`, … */
  readonly name: string;
  readonly cloud: Cloud;
}

const POLL_MS = 500;
const WAIT_LIMIT_MS = 300_000;
/** A busy laboratory answers late. */
const CALL_LIMIT_MS = 180_000;
const VERSIONS: Partial<Record<RawCall["service"], string>> = {
  compute: "compute 2.93",
  volume: "volume 3.70",
  placement: "placement 1.22",
};

/** Plays steps against a cloud and records what each of them calls. */
export class Scene {
  readonly target: CloudTarget;
  /** `client.method` of every call of a client that a step made. */
  readonly used = new Set<string>();
  /** Steps that ended otherwise than the scenario says. */
  readonly surprises: string[] = [];
  readonly #recorder: RecordingTransport;

  constructor(target: CloudTarget, recorder: RecordingTransport) {
    this.target = target;
    this.#recorder = recorder;
  }

  get exchanges(): readonly Exchange[] {
    return this.#recorder.exchanges;
  }

  /** A session; it logs in with its first call. */
  actor(name: string, credential: Credential): Actor {
    const { authUrl, region, tls, clock, random } = this.target;
    const options = {
      authUrl,
      credential,
      tries: 1,
      timeoutMs: CALL_LIMIT_MS,
      ...(region ? { region } : {}),
      ...(tls ? { tls } : {}),
    };
    return { name, cloud: connectCloud(options, { transport: this.#recorder.send, clock, random }) };
  }

  /** A step that succeeds. @throws OutsideError when it does not. */
  async does<T>(step: string, actor: Actor, ask: (cloud: Cloud) => Promise<T>): Promise<T> {
    return this.#record(step, actor.name, async (name) => {
      const traced = tracedCloud(actor.cloud, (client) => {
        this.used.add(client);
        name(client);
      });
      try {
        return await ask(traced);
      } catch (error) {
        if (error instanceof OutsideError) throw new Error(`step "${step}" of ${actor.name} failed: ${error.message}`);
        throw error;
      }
    });
  }

  /** A step that is refused; that it was not is noted in `surprises`, and the answer speaks for itself. */
  async refuses(step: string, actor: Actor, ask: (cloud: Cloud) => Promise<unknown>): Promise<void> {
    const { failure } = await this.tries(step, actor, ask);
    if (!failure) this.surprises.push(`"${step}" of ${actor.name} was not refused`);
  }

  /** A step that ends either way. */
  async tries<T>(
    step: string,
    actor: Actor,
    ask: (cloud: Cloud) => Promise<T>,
  ): Promise<{ readonly value?: T; readonly failure?: OutsideFailure }> {
    return this.#record(step, actor.name, async (name) => {
      const traced = tracedCloud(actor.cloud, (client) => {
        this.used.add(client);
        name(client);
      });
      try {
        return { value: await ask(traced) };
      } catch (error) {
        if (error instanceof OutsideError) return { failure: error.failure };
        throw error;
      }
    });
  }

  /** A recorded step of one call made by hand. */
  async calls(step: string, actor: Actor, call: RawCall): Promise<Json> {
    await this.#authenticate(actor, call);
    return this.#record(step, actor.name, async (name) => {
      name("raw");
      return this.raw(actor, { accept: [400, 401, 403, 404, 406, 409, 413], ...call });
    });
  }

  /** A call made by hand that is not recorded unless within a step. @throws Error for a refusal that is not accepted. */
  async raw(actor: Actor, call: RawCall): Promise<Json> {
    const { url, token } = await this.#authenticate(actor, call);
    const version = VERSIONS[call.service];
    const answer = await this.#recorder.send({
      method: call.method,
      url,
      headers: {
        accept: "application/json",
        ...(call.token === "" ? {} : { "x-auth-token": call.token ?? token }),
        ...(call.body ? { "content-type": "application/json" } : {}),
        ...(version ? { "openstack-api-version": version } : {}),
      },
      timeoutMs: CALL_LIMIT_MS,
      ...(call.body ? { body: JSON.stringify(call.body) } : {}),
      ...(this.target.tls ? { tls: this.target.tls } : {}),
    });
    if (answer.status >= 300 && !call.accept?.includes(answer.status)) {
      throw new Error(`${call.method} ${call.service} ${call.path}: ${answer.status} ${answer.body.slice(0, 500)}`);
    }
    try {
      return answer.body === "" ? null : JSON.parse(answer.body);
    } catch {
      return answer.body;
    }
  }

  /** Looks until there is something. @throws Error after five minutes. */
  async until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const { clock } = this.target;
    for (const limit = clock.now() + WAIT_LIMIT_MS; clock.now() < limit; await clock.sleep(POLL_MS)) {
      const found = await look();
      if (found !== undefined) return found;
    }
    throw new Error(`waited in vain for ${what}`);
  }

  async #authenticate({ cloud }: Actor, { service, path }: RawCall) {
    const { value } = await cloud.token();
    const base = service === "identity" ? `${keystoneUrl(this.target.authUrl)}/v3` : await cloud.endpoint(service);
    const rest = service === "network" ? "/v2.0" : service === "image" ? "/v2" : "";
    return { url: `${base}${base.endsWith(rest) ? "" : rest}${path}`, token: value };
  }

  async #record<T>(step: string, caller: string, work: (name: (client: string) => void) => Promise<T>): Promise<T> {
    const name = (client: string) => {
      this.#recorder.occasion = { step, caller, client };
    };
    name("login");
    try {
      return await work(name);
    } finally {
      this.#recorder.occasion = undefined;
    }
  }
}

function keystoneUrl(authUrl: string): string {
  return authUrl.replace(/\/+$/, "").replace(/\/v3$/, "");
}
