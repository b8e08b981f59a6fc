import type { HttpTransport } from "@protector/ports";
import { loadSiteIdentity } from "../../domain/site-identity.ts";
import type { EnginePorts } from "../engine-ports.ts";
import type { Outbound } from "./step-handler.ts";

/** What steps reach beside clouds and arrays. @param http guarded by the lease of the operation that calls. */
export function outboundOf(ports: EnginePorts, http: HttpTransport): Outbound {
  const { connection, secrets, settings, tcpProbe } = ports;
  return { http, tcp: tcpProbe, hooks: settings.hooks, identity: () => loadSiteIdentity(connection.db, secrets) };
}
