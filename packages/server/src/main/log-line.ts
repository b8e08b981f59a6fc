type LogRecord = Readonly<Record<string, unknown>>;

const LEVELS: Readonly<Record<number, string>> = {
  10: "TRACE",
  20: "DEBUG",
  30: "INFO",
  40: "WARNING",
  50: "ERROR",
  60: "CRITICAL",
};

/** Facts that have a place of their own in the line. */
const PLACED = new Set([
  "level",
  "time",
  "pid",
  "name",
  "msg",
  "err",
  "request_id",
  "global_request_id",
  "user_id",
  "project_id",
]);

/**
 * A record of pino as one line in the form of oslo.log: time, process, level, program, request, message, and what else
 * is known as `key=value`. A stack follows on lines of its own.
 * Source: https://docs.openstack.org/oslo.log/latest/configuration/index.html (`logging_context_format_string`)
 */
export function formatLine(record: string): string {
  const facts = JSON.parse(record) as LogRecord;
  const { level, pid, name, msg, err } = facts;
  const head = `${timeText(Number(facts.time))} ${pid} ${LEVELS[Number(level)] ?? "INFO"} ${name} ${contextOf(facts)}`;
  const others = Object.entries(facts).filter(([key, value]) => !PLACED.has(key) && value !== undefined);
  const tail = others.map(([key, value]) => ` ${key}=${valueText(value)}`).join("");
  return `${head} ${String(msg ?? "")}${tail}${stackOf(err)}\n`;
}

function contextOf(facts: LogRecord): string {
  const { global_request_id = "None", request_id = "None", user_id = "-", project_id = "-" } = facts;
  if (request_id === "None" && global_request_id === "None") return "[-]";
  return `[${global_request_id} ${request_id} ${user_id} ${project_id}]`;
}

/** Local time with milliseconds, as Python's logging writes it. */
function timeText(ms: number): string {
  const at = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return at.toISOString().replace("T", " ").replace("Z", "");
}

function valueText(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return /[\s"=]/.test(value) ? JSON.stringify(value) : value;
}

function stackOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return error === undefined ? "" : ` err=${valueText(error)}`;
  const { stack, message } = error as { readonly stack?: string; readonly message?: string };
  const text = stack ?? message;
  return text === undefined ? "" : `\n${text.replaceAll(/^/gm, "    ")}`;
}
