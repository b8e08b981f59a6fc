import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";

/**
 * Cuts the operations that the driver and the simulator use out of the vendor's OpenAPI description, without its prose.
 * Run: `node test/data/flasharray-openapi/extract.ts <path of FA2.26.spec.yaml>`; writes `rest-2.26.json` beside this file.
 */
const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  "/api/api_version": ["get"],
  login: ["post"],
  logout: ["post"],
  arrays: ["get"],
  controllers: ["get"],
  "admins/api-tokens": ["get"],
  "array-connections": ["get"],
  pods: ["get", "post", "patch", "delete"],
  "pods/arrays": ["get", "post", "delete"],
  "container-default-protections": ["get", "patch"],
  volumes: ["get", "post", "patch", "delete"],
  "volume-snapshots": ["get", "post", "patch", "delete"],
  hosts: ["get", "post", "delete"],
  connections: ["get", "post", "delete"],
  "protection-groups": ["get", "post", "patch", "delete"],
  "protection-groups/volumes": ["get", "post", "delete"],
  "protection-groups/targets": ["get", "post", "patch", "delete"],
  "protection-group-snapshots": ["get", "post", "patch", "delete"],
  "protection-group-snapshots/transfer": ["get"],
};

type Node = Readonly<Record<string, unknown>>;

const [source] = process.argv.slice(2);
if (!source) throw new Error("usage: extract.ts <path of the vendor's OpenAPI file>");
const spec = parse(readFileSync(source, "utf8")) as Node;
const version = String((spec.info as Node).version);
const kept: Record<string, Record<string, unknown>> = {};
const refs = new Set<string>();

for (const [name, methods] of Object.entries(OPERATIONS)) {
  const path = name.startsWith("/") ? name : `/api/${version}/${name}`;
  const item = (spec.paths as Record<string, Record<string, Node>>)[path];
  kept[path] = {};
  for (const method of methods) {
    const operation = item?.[method];
    if (!operation) throw new Error(`${method} ${path} is not in ${source}`);
    const { parameters, requestBody, responses } = operation;
    kept[path][method] = strip({ parameters: parameters ?? [], requestBody, responses });
  }
}

const components: Record<string, Record<string, unknown>> = {};
for (const ref of refs) {
  const [, , kind = "", name = ""] = ref.split("/");
  const found = (spec.components as Record<string, Record<string, unknown>>)[kind]?.[name];
  if (found === undefined) throw new Error(`${ref} is not in ${source}`);
  components[kind] ??= {};
  components[kind][name] = strip(found);
}
const cut = { openapi: spec.openapi, info: { title: (spec.info as Node).title, version }, paths: kept, components };
writeFileSync(new URL(`rest-${version}.json`, import.meta.url), `${JSON.stringify(cut, null, 1)}\n`);

/** The node without prose and examples; notes what it refers to. */
function strip(node: unknown, isNameTable = false): unknown {
  if (Array.isArray(node)) return node.map((element) => strip(element));
  if (typeof node !== "object" || node === null) return node;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if (!isNameTable && (key === "description" || key.startsWith("example") || key.startsWith("x-"))) continue;
    if (!isNameTable && key === "title") continue;
    if (key === "$ref") refs.add(String(value));
    result[key] = strip(value, !isNameTable && (key === "properties" || key === "headers"));
  }
  return result;
}
