import { readFileSync } from "node:fs";
import type { HttpRequest, HttpResponse, HttpTransport } from "@protector/ports";
import { Ajv, type ValidateFunction } from "ajv";
import { type Direction, flatten, type Schema, target } from "./flat-schema.ts";

interface Parameter {
  readonly in: "query" | "header" | "path";
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly parameters: readonly Schema[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { schema: Schema }>>;
  };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: Schema }>> }>>;
}

interface Description {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Schema;
}

/** Headers that HTTP itself brings. */
const HTTP_HEADERS = new Set(["accept", "content-type"]);
/** The vendor's description names the session header for logout only, though every call takes it in place of a bearer. */
const SESSION_HEADER = "x-auth-token";

/** Holds requests and answers against the vendor's description of the API, and lists what does not fit. */
export class OpenApiJudge {
  /** What did not fit, in order: `METHOD path: what`. */
  readonly violations: string[] = [];
  /** `METHOD path` of every call seen. */
  readonly seen = new Set<string>();
  readonly #description: Description;
  readonly #ajv = new Ajv({ strict: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor() {
    const file = new URL("../../../../../test/data/flasharray-openapi/rest-2.26.json", import.meta.url);
    this.#description = JSON.parse(readFileSync(file, "utf8")) as Description;
    for (const format of ["int32", "int64"]) {
      this.#ajv.addFormat(format, { type: "number", validate: (value: number) => Number.isInteger(value) });
    }
    this.#ajv.addFormat("float", { type: "number", validate: () => true });
  }

  /** The transport with the judge looking on. Lost answers are judged by their request alone. */
  watch(transport: HttpTransport): HttpTransport {
    return async (request) => {
      this.judgeRequest(request);
      const response = await transport(request);
      this.judgeAnswer(request, response);
      return response;
    };
  }

  judgeRequest(request: HttpRequest): void {
    const operation = this.#operation(request);
    const url = new URL(request.url);
    if (!operation) {
      this.#complain(request, "the API has no such operation");
      return;
    }
    this.seen.add(`${request.method} ${url.pathname}`);
    const parameters = operation.parameters.map((entry) => this.#parameter(entry));
    this.#judgeQuery(request, parameters);
    this.#judgeHeaders(request, parameters);
    this.#judgeBody(request, operation);
  }

  judgeAnswer(request: HttpRequest, response: HttpResponse): void {
    const operation = this.#operation(request);
    if (!operation) return;
    const answer = operation.responses[String(response.status)];
    const schema = answer?.content?.["application/json"]?.schema;
    if (response.status >= 400) this.#judgeError(request, response);
    else if (!answer) this.#complain(request, `answer ${response.status} is not described`);
    else if (schema) {
      this.#validate(request, { schema, direction: "answer", value: parse(response.body), what: "answer" });
    } else if (response.body !== "") this.#complain(request, "the answer has a body, none is described");
  }

  #judgeQuery(request: HttpRequest, parameters: readonly Parameter[]): void {
    for (const [name, text] of new URL(request.url).searchParams) {
      const parameter = parameters.find((entry) => entry.in === "query" && entry.name === name);
      if (!parameter) this.#complain(request, `query parameter '${name}' is not described`);
      else if (!isOfType(text, parameter.schema)) this.#complain(request, `query parameter '${name}' is '${text}'`);
    }
    for (const { in: place, name, required } of parameters) {
      const isMissing = place === "query" && required && !new URL(request.url).searchParams.has(name);
      if (isMissing) this.#complain(request, `query parameter '${name}' is missing`);
    }
  }

  #judgeHeaders(request: HttpRequest, parameters: readonly Parameter[]): void {
    const described = parameters.filter((entry) => entry.in === "header").map((entry) => entry.name.toLowerCase());
    for (const name of Object.keys(request.headers)) {
      if (HTTP_HEADERS.has(name) || name === SESSION_HEADER || described.includes(name)) continue;
      this.#complain(request, `header '${name}' is not described`);
    }
  }

  #judgeBody(request: HttpRequest, operation: Operation): void {
    const described = operation.requestBody;
    if (request.body === undefined) {
      if (described?.required) this.#complain(request, "the body is missing");
      return;
    }
    const schema = described?.content["application/json"]?.schema;
    if (schema) this.#validate(request, { schema, direction: "request", value: parse(request.body), what: "body" });
    else this.#complain(request, "a body was sent, none is described");
  }

  #judgeError(request: HttpRequest, response: HttpResponse): void {
    if (response.status === 429 || response.status >= 500) return;
    const body = parse(response.body) as { errors?: { context?: unknown; message?: unknown }[] } | undefined;
    const isWell = body?.errors?.every((error) => "context" in error && typeof error.message === "string");
    if (!isWell) this.#complain(request, `error body ${response.body.slice(0, 200)} is not as the array's are`);
  }

  #validate(
    request: HttpRequest,
    found: { readonly schema: Schema; readonly direction: Direction; readonly value: unknown; readonly what: string },
  ): void {
    const key = `${found.direction} ${JSON.stringify(found.schema)}`;
    let validate = this.#validators.get(key);
    if (!validate) {
      validate = this.#ajv.compile(flatten(found.schema, this.#description.components, found.direction));
      this.#validators.set(key, validate);
    }
    if (validate(found.value)) return;
    for (const error of validate.errors ?? []) {
      const extra = JSON.stringify(error.params);
      this.#complain(request, `${found.what}${error.instancePath} ${error.message ?? ""} ${extra}`);
    }
  }

  #operation(request: HttpRequest): Operation | undefined {
    const path = this.#description.paths[new URL(request.url).pathname];
    return path?.[request.method.toLowerCase()];
  }

  #parameter(entry: Schema): Parameter {
    const resolved = typeof entry.$ref === "string" ? target(entry.$ref, this.#description.components) : entry;
    const schema = resolved.schema as Schema;
    return { ...(resolved as unknown as Parameter), schema: flatten(schema, this.#description.components, "request") };
  }

  #complain(request: HttpRequest, what: string): void {
    this.violations.push(`${request.method} ${new URL(request.url).pathname}: ${what}`);
  }
}

/** Whether a query value is of its parameter's type; a list is judged element by element. */
function isOfType(text: string, schema: Schema): boolean {
  switch (schema.type) {
    case "boolean":
      return text === "true" || text === "false";
    case "integer":
      return /^-?\d+$/.test(text);
    case "array":
      return text.split(",").every((element) => element !== "" && isOfType(element, schema.items as Schema));
    default:
      return true;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
