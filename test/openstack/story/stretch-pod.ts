import { type HttpRequest, UndiciTransport } from "@protector/ports";
import type { StageArray } from "./stage.ts";

const API = "/api/2.26";

/**
 * Makes a pod on one array and stretches it to another, as an operator does before Cinder's driver may use it; what is there
 * stays.
 */
export async function stretchPod(near: StageArray, far: string, pod: string): Promise<void> {
  const transport = new UndiciTransport();
  const tls = { ca: near.authority };
  const call = async (path: string, request: Pick<HttpRequest, "headers"> & { readonly body?: object }) => {
    const { body } = request;
    const headers = { ...request.headers, ...(body ? { "content-type": "application/json" } : {}) };
    const answer = await transport.send({
      method: "POST",
      url: `${near.url}${API}/${path}`,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
      tls,
      timeoutMs: 30_000,
    });
    if (answer.status === 200 || answer.body.includes("already exists")) return answer;
    throw new Error(`POST ${path}: ${answer.status} ${answer.body}`);
  };
  try {
    const { headers } = await call("login", { headers: { "api-token": near.apiToken } });
    const session = { headers: { "x-auth-token": headers["x-auth-token"] ?? "" } };
    await call(`pods?names=${pod}`, { ...session, body: {} });
    await call(`pods/arrays?group_names=${pod}&member_names=${far}`, session);
  } finally {
    await transport.close();
  }
}
