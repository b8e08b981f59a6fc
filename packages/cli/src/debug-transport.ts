import type { Clock, HttpTransport } from "@protector/ports";
import type { Output } from "./host.ts";

const SECRET_HEADERS = ["x-auth-token", "x-subject-token", "authorization"];
/** A JSON member with a secret's name and a text behind it. */
const SECRET_MEMBER =
  /"([^"]*(?:password|secret|token|user_data|signature|passcode|device_code)[^"]*)"\s*:\s*"(?:[^"\\]|\\.)*"/gi;
const LONGEST_BODY = 2000;

/** The same transport, every call told on `output` without its secrets. */
export function debugTransport(transport: HttpTransport, output: Output, clock: Clock): HttpTransport {
  return async (request) => {
    const started = clock.now();
    output.write(`--> ${request.method} ${request.url}\n${headerLines(request.headers)}`);
    if (request.body !== undefined) output.write(`    ${shownBody(request.url, request.body)}\n`);
    try {
      const answer = await transport(request);
      const id = answer.headers["x-openstack-request-id"];
      output.write(`<-- ${answer.status} in ${clock.now() - started} ms${id ? ` ${id}` : ""}\n`);
      if (answer.body) output.write(`    ${shownBody(request.url, answer.body)}\n`);
      return answer;
    } catch (error) {
      output.write(`<-- no answer in ${clock.now() - started} ms: ${(error as Error).message}\n`);
      throw error;
    }
  };
}

function headerLines(headers: Readonly<Record<string, string>>): string {
  const shown = Object.entries(headers).map(([name, value]) =>
    SECRET_HEADERS.includes(name) ? `    ${name}: ***\n` : `    ${name}: ${value}\n`,
  );
  return shown.join("");
}

/** A login's body is a secret as a whole. */
function shownBody(url: string, body: string): string {
  if (/\/auth\/tokens\b/.test(url)) return "(login, not shown)";
  // Forms go to OpenID providers and hold a client's secret.
  if (!/^\s*[[{<]/.test(body)) return `(${body.length} characters, not shown)`;
  const masked = body.replaceAll(SECRET_MEMBER, '"$1":"***"');
  return masked.length > LONGEST_BODY ? `${masked.slice(0, LONGEST_BODY)}… (${masked.length} characters)` : masked;
}
