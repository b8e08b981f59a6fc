import type { Credential } from "@protector/openstack";
import type { Clock, HttpTransport, Random, TlsOptions } from "@protector/ports";

/** Who may `manage` volumes: members too (`open`), or administrators only (`closed`, Cinder's default). */
export type ManagePolicy = "open" | "closed";

/** A cloud that calls are made to, real or simulated, with an administrator's login. */
export interface CloudTarget {
  readonly authUrl: string;
  /** Undefined = the only region of the catalog. */
  readonly region?: string;
  readonly tls?: TlsOptions;
  readonly administrator: Credential;
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly random: Random;
  /** Name of a volume type whose volumes are replicated. */
  readonly replicatedType: string;
  /** Name of a small image. */
  readonly image: string;
  /** Puts Cinder's rules on `volume_manage` and `volume_unmanage` into force; undefined = nobody here can. */
  readonly setManagePolicy?: (policy: ManagePolicy) => Promise<void>;
}
