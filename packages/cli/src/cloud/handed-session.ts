import { type KeptToken, readTokenBody, type TokenKeep } from "@protector/openstack";
import { UsageError } from "../exit-codes.ts";
import { type CloudEntry, readEntry } from "./cloud-entry.ts";

/** Variable in which another program hands over the login that it has made. */
const VARIABLE = "PROTECTOR_SESSION";
/** A token is not used for its last minute. ms */
const RENEW_BEFORE_MS = 60_000;

/** A login that another program (the plugin of openstackclient) has made. */
export interface HandedSession {
  /** The cloud as far as the other program tells; its credential is the token. */
  readonly entry: CloudEntry;
  readonly keep: TokenKeep;
}

interface Handed {
  readonly cloud?: string | null;
  readonly auth_url: string;
  readonly region_name?: string | null;
  readonly interface?: string | null;
  readonly cacert?: string | null;
  readonly insecure?: boolean;
  readonly protector_endpoint_override?: string | null;
  /** What `get_auth_state()` of keystoneauth gives. */
  readonly state: { readonly auth_token: string; readonly body: unknown };
}

/**
 * The login that the environment hands over, if any.
 * @throws UsageError when it cannot be read.
 */
export function handedSession(env: Readonly<Record<string, string | undefined>>): HandedSession | undefined {
  const text = env[VARIABLE];
  if (!text) return undefined;
  try {
    const { cloud, auth_url, state, ...rest } = JSON.parse(text) as Handed;
    const content = readTokenBody(JSON.stringify(state.body));
    const token = { value: state.auth_token, content, renewAt: Date.parse(content.expiresAt) - RENEW_BEFORE_MS };
    const auth = {
      auth_url,
      token: state.auth_token,
      username: content.userName,
      project_id: content.projectId,
      project_name: content.projectName,
    };
    const name = cloud || rest.region_name || new URL(auth_url).host;
    return { entry: readEntry(name, { ...rest, auth_type: "token", auth }), keep: keepInMemory(token) };
  } catch (cause) {
    throw new UsageError(`${VARIABLE} does not hold a login: ${(cause as Error).message}`, { cause });
  }
}

function keepInMemory(token: KeptToken): TokenKeep {
  return { load: () => token, save: () => {}, forget: () => {} };
}
