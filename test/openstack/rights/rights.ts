/** Rights that an administrator gives, each once per site unless it says otherwise. */
export const RIGHTS = {
  administrator: {
    right: "Role `admin` for the service user in the project `service`",
    give: "`openstack role add --project service --user protector admin`",
  },
  peer: {
    right: "Role `admin` for the account that the other site is registered with, in a project that is no tenant's",
    give: "`openstack role add --project service --user PEER_USER admin`, then `protector site create … --username PEER_USER`",
  },
  trust: {
    right: "Role `member` of each tenant user in each mapped project, delegated to the service user by a trust",
    give: "`openstack role add --project PROJECT --user USER member`; the trust is made when the user first uses Protector at the site",
  },
  manage: {
    right:
      "`manage` of volumes in the tenant's project: Cinder's rules for members (open), or a role of the service user (closed)",
    give: "[Cinder's policy](install.md#8-cinders-policy), or `openstack role add --project PROJECT --user protector admin` per mapped project",
  },
  tenant: {
    right: "The caller's own token, scoped to his project",
    give: "nothing: it is his",
  },
} as const;

export type RightName = keyof typeof RIGHTS;

/** Who was made to try each call. */
export const CALLERS = [
  "tenant member",
  "tenant's trust",
  "service user",
  "peer credential",
  "service user in the project",
] as const;
export type CallerName = (typeof CALLERS)[number];

/**
 * How a call ended: `ok`, the status of its refusal, or what was wrong with a success. `service user in the project` holds
 * the role `admin` there.
 */
export type Outcomes = Readonly<Record<CallerName, string>>;

/** One kind of call that Protector makes, as a row of the table in docs/rights.md. */
export interface RightsRow {
  readonly name: string;
  /** Service, method and path. */
  readonly call: string;
  /** The right that the call is made with. */
  readonly with: RightName;
  /** What Protector does with it. */
  readonly opens: string;
  readonly outcomes: Outcomes;
}

/** All five alike, but for those named. */
function outcomes(all: string, others: Partial<Outcomes> = {}): Outcomes {
  return { ...(Object.fromEntries(CALLERS.map((name) => [name, all])) as Outcomes), ...others };
}

const members = (text: string): Outcomes => outcomes("ok", { "tenant member": text, "tenant's trust": text });
/** Objects that belong to the project of the token. */
const elsewhere = outcomes("ok", { "service user": "in another project", "peer credential": "in another project" });

/** Every kind of call with the token that it needs, and how it ends for the others; `rights.openstack.test.ts` tries them. */
export const RIGHTS_ROWS = [
  {
    name: "read a server whole",
    call: "Nova `GET /servers/{id}`",
    with: "administrator",
    opens: "capture: user data, root device, host",
    outcomes: members("no user data, root device, host"),
  },
  {
    name: "list the servers of a project",
    call: "Nova `GET /servers/detail?all_tenants`",
    with: "administrator",
    opens: "one look for all members of a group; proof that a server is stopped",
    outcomes: members("403"),
  },
  {
    name: "read a key pair of another user",
    call: "Nova `GET /os-keypairs/{name}?user_id`",
    with: "administrator",
    opens: "capture of the public key",
    outcomes: members("403"),
  },
  {
    name: "read the name of a volume on the array",
    call: "Cinder `GET /volumes/{id}` (3.21)",
    with: "administrator",
    opens: "capture: which array volume belongs to the server",
    outcomes: members("no provider_id, host"),
  },
  {
    name: "list the volumes of a project",
    call: "Cinder `GET /volumes/detail?all_tenants&project_id`",
    with: "administrator",
    opens: "one look for all recovered volumes; leftovers",
    outcomes: members("400"),
  },
  {
    name: "read what a volume type means",
    call: "Cinder `GET /types`",
    with: "administrator",
    opens: "mapping of types; which are replicated and on which backend",
    outcomes: members("replication_enabled only"),
  },
  {
    name: "list the pools",
    call: "Cinder `GET /scheduler-stats/get_pools`",
    with: "administrator",
    opens: "`host@backend#pool` that manage needs",
    outcomes: members("403"),
  },
  {
    name: "list Cinder's services",
    call: "Cinder `GET /os-services`",
    with: "administrator",
    opens: "`site validate`: a service that is down",
    outcomes: members("403"),
  },
  {
    name: "reset the status of a volume",
    call: "Cinder `POST /volumes/{id}/action` `os-reset_status`",
    with: "administrator",
    opens: "puts right what a failed change of a Cinder group leaves",
    outcomes: members("403"),
  },
  {
    name: "make the group type",
    call: "Cinder `POST /group_types`",
    with: "administrator",
    opens: "`site validate` makes `[cinder] group_type`",
    outcomes: members("403"),
  },
  {
    name: "look for hosts with room",
    call: "Placement `GET /allocation_candidates`",
    with: "administrator",
    opens: "capacity checks before the source is touched",
    outcomes: members("403"),
  },
  {
    name: "choose address and MAC on a shared network",
    call: "Neutron `POST /ports`",
    with: "administrator",
    opens: "recovered servers keep their addresses",
    outcomes: members("403"),
  },
  {
    name: "choose a floating IP's address",
    call: "Neutron `POST /floatingips`",
    with: "administrator",
    opens: "floating IPs that are to stay the same",
    outcomes: members("403"),
  },
  {
    name: "undo an administrator's lock",
    call: "Nova `POST /servers/{id}/action` `unlock`",
    with: "peer",
    opens: "a lock that the tenant cannot undo in the midst of a failover",
    outcomes: members("403"),
  },
  {
    name: "stop a locked server",
    call: "Nova `POST /servers/{id}/action` `os-stop`",
    with: "peer",
    opens: "quiesce: stopped while nobody can start it again",
    outcomes: members("409"),
  },
  {
    name: "attach and detach a volume of a locked server",
    call: "Nova `POST`, `PUT`, `DELETE` `/servers/{id}/os-volume_attachments`",
    with: "administrator",
    opens: "failback: volumes that were attached or detached while away",
    outcomes: members("409"),
  },
  {
    name: "read the console",
    call: "Nova `POST /servers/{id}/action` `os-getConsoleOutput`",
    with: "administrator",
    opens: "readiness gates that wait for a text",
    outcomes: outcomes("ok"),
  },
  {
    name: "validate a token of others",
    call: "Keystone `GET /auth/tokens`",
    with: "administrator",
    opens: "every request to `protector-api`",
    outcomes: members("403"),
  },
  {
    name: "find a project by name",
    call: "Keystone `GET /projects`",
    with: "administrator",
    opens: "`tenant-mapping create`",
    outcomes: members("403"),
  },
  {
    name: "make a trust of the tenant",
    call: "Keystone `POST /OS-TRUST/trusts`",
    with: "tenant",
    opens: "engines act for the tenant later",
    outcomes: outcomes("403", { "tenant member": "ok" }),
  },
  {
    name: "manage a volume, Cinder's policy closed",
    call: "Cinder `POST /manageable_volumes`",
    with: "manage",
    opens: "recovered volumes become the tenant's",
    outcomes: { ...elsewhere, "tenant member": "403", "tenant's trust": "403" },
  },
  {
    name: "manage a volume, Cinder's policy open",
    call: "Cinder `POST /manageable_volumes`",
    with: "manage",
    opens: "recovered volumes become the tenant's",
    outcomes: elsewhere,
  },
  {
    name: "unmanage a volume, Cinder's policy closed",
    call: "Cinder `POST /volumes/{id}/action` `os-unmanage`",
    with: "administrator",
    opens: "gives a volume back to the array",
    outcomes: members("403"),
  },
  {
    name: "describe a volume",
    call: "Cinder `PUT /volumes/{id}/metadata`",
    with: "trust",
    opens: "metadata, name, flags of recovered volumes",
    outcomes: outcomes("ok"),
  },
  {
    name: "make a volume group",
    call: "Cinder `POST /groups`",
    with: "trust",
    opens: "the Cinder group that mirrors the array group",
    outcomes: elsewhere,
  },
  {
    name: "make a server",
    call: "Nova `POST /servers`",
    with: "trust",
    opens: "recovered servers",
    outcomes: elsewhere,
  },
  {
    name: "make a server group",
    call: "Nova `POST /os-server-groups`",
    with: "trust",
    opens: "anti-affinity of recovered servers",
    outcomes: elsewhere,
  },
  {
    name: "import a key pair for the tenant's user",
    call: "Nova `POST /os-keypairs`",
    with: "trust",
    opens: "key pairs of recovered servers",
    outcomes: outcomes("of another user", { "tenant member": "ok", "tenant's trust": "ok" }),
  },
  {
    name: "read the quotas of the project",
    call: "Nova, Cinder, Neutron `GET` quota",
    with: "administrator",
    opens: "quota checks, at the other site, too",
    outcomes: outcomes("ok"),
  },
] as const satisfies readonly RightsRow[];

export type RowName = (typeof RIGHTS_ROWS)[number]["name"];
