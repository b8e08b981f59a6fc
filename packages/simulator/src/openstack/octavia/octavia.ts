import { Router } from "../../http/router.ts";
import type { ApiError } from "../core/api-error.ts";
import { forbidden, notFound } from "../core/api-error.ts";
import { type Call, type Caller, ok } from "../core/call.ts";
import { OpenStackService } from "../core/openstack-service.ts";
import { pageOf } from "../core/paging.ts";
import type { LoadBalancerState, PoolMemberRecord, PoolRecord } from "./load-balancer-state.ts";

export interface OctaviaOptions {
  readonly name: string;
  readonly origin: string;
  readonly state: LoadBalancerState;
  readonly authenticate: (token: string) => Caller | undefined;
  readonly authUri: string;
}

/** Pools and their members of Octavia's REST front end (v2, reading only), for administrators. */
export function createOctavia({ name, origin, state, authenticate, authUri }: OctaviaOptions): OpenStackService {
  const router = new Router<Call>();
  const versions = [{ id: "v2.26", status: "CURRENT", links: [{ rel: "self", href: `${origin}/v2` }] }];
  router
    .on("GET", "", () => ok({ versions }))
    .on("GET", "/v2.0/lbaas/pools", (call) => {
      requireRole(call);
      const wanted = call.query.get("project_id");
      const seen = [...state.pools.values()].filter(({ projectId }) => (wanted ?? projectId) === projectId);
      const page = pageOf(seen, call.query, { url: `${origin}/v2.0/lbaas/pools`, maximum: 1000 });
      const links = page.next ? { pools_links: [{ rel: "next", href: page.next }] } : {};
      return ok({ pools: page.items.map(poolView), ...links });
    })
    .on("GET", "/v2.0/lbaas/pools/:id/members", (call, { id = "" }) => {
      requireRole(call);
      const pool = state.pools.get(id);
      if (!pool) throw notFound(`Pool ${id} not found.`);
      return ok({ members: pool.members.map((member) => memberView(pool, member)) });
    });
  return new OpenStackService({
    name,
    origin,
    serviceType: "load-balancer",
    router,
    environment: state.environment,
    authenticate,
    authUri,
    errorBody: (error: ApiError) => ({
      faultcode: error.status < 500 ? "Client" : "Server",
      faultstring: error.message,
      debuginfo: null,
    }),
    isPublic: (method, path) => method === "GET" && path === "/",
  });
}

/** Octavia has roles of its own (`load-balancer_member`, …), which no tenant of these clouds has. */
function requireRole(call: Call): void {
  if (!call.caller.isAdmin) throw forbidden("Policy does not allow this request to be performed.");
}

/** Without a zone. */
const timeOf = (at: number) => new Date(at).toISOString().slice(0, 19);

const poolView = ({ id, name, projectId, loadBalancerId, createdAt, members }: PoolRecord) => ({
  lb_algorithm: "ROUND_ROBIN",
  protocol: "HTTP",
  description: "",
  admin_state_up: true,
  loadbalancers: [{ id: loadBalancerId }],
  created_at: timeOf(createdAt),
  provisioning_status: "ACTIVE",
  updated_at: timeOf(createdAt),
  session_persistence: null,
  listeners: [],
  members: members.map((member) => ({ id: member.id })),
  healthmonitor_id: null,
  project_id: projectId,
  tenant_id: projectId,
  id,
  operating_status: "ONLINE",
  name,
  tags: [],
});

const memberView = ({ projectId, createdAt }: PoolRecord, { id, name, address, port, subnetId }: PoolMemberRecord) => ({
  monitor_port: null,
  project_id: projectId,
  tenant_id: projectId,
  name,
  weight: 1,
  backup: false,
  admin_state_up: true,
  subnet_id: subnetId,
  created_at: timeOf(createdAt),
  provisioning_status: "ACTIVE",
  monitor_address: null,
  updated_at: timeOf(createdAt),
  address,
  protocol_port: port,
  id,
  operating_status: "NO_MONITOR",
  tags: [],
});
