import { describeCommands } from "@protector/cli";
import { ERROR_CATALOGUE, ERROR_HELP_PATH, ROUTES, type Route, wireCode } from "@protector/contract";
import type { Option, OptionTable } from "../packages/server/src/config/option.ts";
import { BACKEND_OPTIONS, OPTIONS } from "../packages/server/src/config/options.ts";
import { POLICY_RULES } from "../packages/server/src/policy/index.ts";

/** The pages of docs/ that are made from data of the code, by file name. `npm run docs` writes them. */
export const REFERENCE_PAGES: Readonly<Record<string, () => string>> = {
  "configuration.md": configurationPage,
  "errors.md": errorsPage,
  "policy.md": policyPage,
  "api.md": apiPage,
  "../plugins/osc/protectorclient/manifest.json": () => `${JSON.stringify(describeCommands(), null, 1)}\n`,
};

const MADE = "<!-- Made by `npm run docs`. Change the code's data, not this page. -->";

function configurationPage(): string {
  const backend: OptionTable = { "*a backend*": BACKEND_OPTIONS };
  return page("Configuration", [
    "Services and `protector-manage` read `/etc/protector/protector.conf`, or the files of `--config-file` and `--config-dir`, in the INI form of oslo.config. `$name` stands for another option of `[DEFAULT]`. A malformed value stops the start and names file, line and option. An unknown option or section is a warning with the nearest known name; `protector-manage config validate` makes it an error. `protector-manage config generate` prints a file with every option.",
    "Options marked **m** are taken over while running, on `SIGHUP`; the others need a restart. Options marked **s** are secret: no log, error or sample shows them.",
    ...Object.entries(OPTIONS as OptionTable).map(([name, options]) => section(name, options)),
    "## Backends",
    "Each name of `[storage] enabled_backends` is a section of its own:",
    optionRows(backend["*a backend*"] ?? {}),
  ]);
}

function section(name: string, options: Readonly<Record<string, Option>>): string {
  return `## [${name}]\n\n${optionRows(options)}`;
}

function optionRows(options: Readonly<Record<string, Option>>): string {
  const rows = Object.entries(options).map(([name, option]) => [
    `\`${name}\`${option.mutable ? " **m**" : ""}${option.secret ? " **s**" : ""}`,
    typeText(option),
    option.default === undefined || option.default === "" ? "-" : `\`${option.default}\``,
    option.example === undefined ? option.help : `${option.help} Example: \`${option.example}\``,
  ]);
  return table(["Option", "Type", "Default", "Effect"], rows);
}

function typeText({ type, choices, min, max }: Option): string {
  if (choices) return choices.map((choice) => `\`${choice}\``).join(", ");
  if (min !== undefined && max !== undefined) return `${type}, ${min} to ${max}`;
  if (min !== undefined) return `${type}, at least ${min}`;
  return type;
}

function errorsPage(): string {
  const rows = Object.entries(ERROR_CATALOGUE).map(([code, { status, title, help }]) => [
    `<a id="${code}"></a>\`${code}\``,
    String(status),
    title,
    help,
  ]);
  return page("Errors", [
    `Every error of the API, of operations and of the client has a code that never changes. On the wire it carries the service type in front (\`${wireCode("peer.unreachable")}\`), beside status, title, detail, the request id and a link (\`${ERROR_HELP_PATH}\` of the service gives this table as JSON). Operations hold the same codes in \`error.code\` of the failed step.`,
    table(["Code", "Status", "Title", "What to do"], rows),
  ]);
}

function policyPage(): string {
  const rows = POLICY_RULES.map(({ name, check, description, operations }) => [
    `\`${name}\``,
    `\`${check}\``,
    [description, ...operations.map(({ method, path }) => `\`${method} ${path}\``)].join("<br>"),
  ]);
  return page("Policy", [
    "Rules are written in the language of oslo.policy. `/etc/protector/policy.yaml` (`[oslo_policy] policy_file`) and `policy.d/*.yaml` beside it hold only what differs from the defaults below; they are read again when they change. `protector-manage policy generate` prints a file with every rule, commented out.",
    "A rule whose check reads the target (`project_id:%(project_id)s`) is asked about the project in the path. A caller who may not see a resource gets 404, one who may see but not change it 403 `policy.not_authorized`.",
    table(["Rule", "Default", "For"], rows),
  ]);
}

function apiPage(): string {
  const rows = Object.values<Route>(ROUTES).map(({ method, path, rule, summary, status }) => [
    method,
    `\`${path}\``,
    String(status),
    rule === null ? "no token" : `\`${rule}\``,
    summary,
  ]);
  return page("REST API", [
    "Service type and name: `protector`. Base URL: the endpoint of the catalog, `http://host:8788/v1/{project_id}`. **`GET /openapi.json` answers the whole contract (OpenAPI 3.1) without a token:** every schema, filter and error of every call.",
    [
      "- Token: `X-Auth-Token`, of Keystone v3, scoped to the project in the path.",
      "- Microversion: `OpenStack-API-Version: protector 1.0`; without it the oldest is spoken. `GET /v1` names the range.",
      '- Errors: `{"errors": [{code, status, title, detail, request_id, links}]}`; see [errors.md](errors.md).',
      "- Lists: `limit`, `marker`, `sort=key:dir`, filters by field with `in:` `nin:` `neq:` `gt:` `gte:` `lt:` `lte:`.",
      "- Actions answer 202 with an operation. `Idempotency-Key` makes a repeated request start one operation only.",
      "- `GET /healthcheck` has the format of oslo.middleware.",
    ].join("\n"),
    table(["Method", "Path", "Success", "Policy rule", "What it does"], rows),
  ]);
}

function page(title: string, parts: readonly string[]): string {
  return `# ${title}\n\n${MADE}\n\n${parts.join("\n\n")}\n`;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n");
}
