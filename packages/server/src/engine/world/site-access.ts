import type { Cloud } from "@protector/openstack";
import type { StorageArray } from "@protector/storage";
import type { SharedReads } from "./shared-reads.ts";

/** One site as an operation reaches it: its cloud, its array, and in whose name. */
export interface SiteAccess {
  readonly siteId: string;
  readonly siteName: string;
  /** This engine's own site. */
  readonly isOwn: boolean;
  /** The tenant's project at this site. */
  readonly projectId: string;
  /** Administrator: the service user here, the registered peer credential there. */
  readonly admin: Cloud;
  /**
   * The tenant, by trust; own site only.
   * @throws ProtectorError `trust.unusable` when no trust yields a token.
   */
  tenant(): Promise<Cloud>;
  /**
   * The service user in the tenant's project, by a role that the administrator gave it there (the closed way: `manage` is
   * left to administrators); own site only. Undefined when it has none.
   */
  projectManager(): Promise<Cloud | undefined>;
  readonly array: StorageArray;
  /** The pod that the volumes of the group's servers are in here; undefined = in none. */
  readonly pod: string | undefined;
  /** Name of the array, as the other array knows it. */
  arrayName(): Promise<string>;
  /** `host@backend#pool` of the Cinder backend on the array, for `manage`. */
  cinderHost(): Promise<string>;
  /** `[cinder] group_type`: type of the Cinder groups that Protector makes. */
  readonly groupTypeName: string;
  /** Lists that many waiting steps share. */
  readonly reads: SharedReads;
}
