import { ProtectorError } from "@protector/contract";
import { type Cloud, type CloudOptions, type CloudPorts, connectCloud } from "@protector/openstack";
import { OutsideError } from "@protector/ports";
import { flag } from "../../db/codecs.ts";
import type { DatabaseConnection } from "../../db/connection.ts";
import { listTrusts } from "../../db/repositories/trusts.ts";

/** Whose name an operation acts in. */
export interface TenantRequest {
  readonly projectId: string;
  /** Who started the operation: his trust is tried first. */
  readonly userId: string;
  readonly requestId: string;
}

/**
 * A session in the tenant's name: the trust of who started the operation, else the newest that yields a token, else a role
 * that the administrator gave the service user in that project.
 * @throws ProtectorError `trust.unusable` when none does.
 */
export async function openTenantCloud(
  connection: DatabaseConnection,
  options: { readonly serviceUser: CloudOptions; readonly ports: CloudPorts },
  request: TenantRequest,
): Promise<Cloud> {
  const trusts = await listTrusts(connection.db, request.projectId);
  const inOrder = [...trusts].sort(
    (a, b) => Number(b.user_id === request.userId) - Number(a.user_id === request.userId),
  );
  const reasons: string[] = [];
  for (const trust of inOrder) {
    const cloud = openTrust(options, { trustId: trust.trust_id, requestId: request.requestId });
    const reason = await refusal(cloud);
    await connection.db
      .updateTable("trusts")
      .set({ is_usable: flag(reason === undefined), checked_at: connection.now() })
      .where("id", "=", trust.id)
      .execute();
    if (reason === undefined) return cloud;
    reasons.push(`trust of user ${trust.user_id}: ${reason}`);
  }
  const direct = sessionAs(options, request, { kind: "project_by_id", projectId: request.projectId });
  const reason = await refusal(direct);
  if (reason === undefined) return direct;
  throw new ProtectorError(
    "trust.unusable",
    `Nobody's delegated roles work in project ${request.projectId}: ${[...reasons, `service user: ${reason}`].map(withoutStop).join("; ")}.`,
  );
}

/** A session in the name of who has given a trust. */
export function openTrust(
  options: { readonly serviceUser: CloudOptions; readonly ports: CloudPorts },
  { trustId, requestId }: { readonly trustId: string; readonly requestId: string },
): Cloud {
  return sessionAs(options, { requestId }, { kind: "trust", trustId });
}

/** The service user in the tenant's project; undefined when nobody gave it a role there. */
export async function openProjectManager(
  options: { readonly serviceUser: CloudOptions; readonly ports: CloudPorts },
  request: TenantRequest,
): Promise<Cloud | undefined> {
  const cloud = sessionAs(options, request, { kind: "project_by_id", projectId: request.projectId });
  return (await refusal(cloud)) === undefined ? cloud : undefined;
}

function sessionAs(
  { serviceUser, ports }: { readonly serviceUser: CloudOptions; readonly ports: CloudPorts },
  request: Pick<TenantRequest, "requestId">,
  scope:
    | { readonly kind: "trust"; readonly trustId: string }
    | { readonly kind: "project_by_id"; readonly projectId: string },
): Cloud {
  const { credential } = serviceUser;
  if (credential.kind !== "password" && credential.kind !== "password_by_id") {
    throw new Error("the service user logs in by password");
  }
  return connectCloud({ ...serviceUser, credential: { ...credential, scope }, requestId: request.requestId }, ports);
}

/** Why a session yields no token; undefined when it does. @throws OutsideError when Keystone does not answer. */
export async function refusal(cloud: Cloud): Promise<string | undefined> {
  try {
    await cloud.token();
    return undefined;
  } catch (error) {
    const status = error instanceof OutsideError ? error.failure.status : undefined;
    if (status === 401 || status === 403 || status === 404) return (error as OutsideError).failure.detail;
    throw error;
  }
}

function withoutStop(text: string): string {
  return text.replace(/[.]+$/, "");
}
