/** A listing of which a test takes the first. */
type Listed<T> = readonly [T, ...T[]];

interface Identified {
  readonly id: string;
}

interface Refusal {
  readonly message: string;
  readonly title: string;
  /** Neutron's. */
  readonly type: string;
}

/** A server, volume, group or port as its service shows it; the other members are read by name. */
interface ShownObject extends Identified {
  readonly name: string;
  readonly status: string;
  readonly provider_id: string;
  readonly flavor: { readonly original_name: string };
  readonly fault: Refusal;
  readonly addresses: Readonly<Record<string, Listed<{ readonly addr: string }>>>;
  readonly "os-extended-volumes:volumes_attached": Listed<Identified>;
  readonly [member: string]: unknown;
}

/**
 * Bodies of the services' answers as tests read them: the members that any call answers. A member that the call at hand
 * does not answer is undefined when the test runs, and fails what is expected of it.
 */
export interface AnswerBody {
  readonly server: ShownObject;
  readonly servers: Listed<ShownObject>;
  readonly servers_links: Listed<{ readonly href: string }>;
  readonly volumeAttachment: unknown;
  readonly volume: ShownObject;
  readonly volume_types: readonly { readonly name: string; readonly extra_specs: object }[];
  readonly pools: Listed<ShownObject>;
  readonly group: ShownObject;
  readonly metadata: unknown;
  readonly quota_set: { readonly volumes_replicated: unknown; readonly gigabytes_plain: { readonly limit: number } };
  readonly quota: { readonly port: unknown };
  readonly port: ShownObject;
  readonly ports: Listed<ShownObject>;
  readonly floatingip: ShownObject;
  readonly service: Identified;
  readonly catalog: readonly { readonly type: string; readonly endpoints: Listed<{ readonly url: string }> }[];
  readonly token: {
    readonly roles: readonly { readonly name: string }[];
    readonly user: Identified;
    readonly "OS-TRUST:trust": { readonly trustee_user: Identified };
  };
  readonly trust: Identified;
  readonly application_credential: Identified;
  readonly error: Refusal;
  readonly forbidden: Refusal;
  readonly conflictingRequest: Refusal;
  readonly badRequest: Refusal;
  readonly overLimit: Refusal;
  readonly NeutronError: Refusal;
}
