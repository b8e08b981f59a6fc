import type { Cloud } from "@protector/openstack";
import type { StorageArray } from "@protector/storage";
import type { Machine } from "../machines/machine.ts";
import type { Shell } from "./shell.ts";

/** An entry of clouds.yaml. */
export interface CloudLogin {
  readonly auth: Readonly<Record<string, string>>;
  readonly region_name?: string;
  readonly cacert?: string;
  readonly verify?: boolean;
}

/** An array whose bytes the test can reach. */
export interface StageArray {
  readonly name: string;
  readonly url: string;
  readonly apiToken: string;
  /** PEM text of the certificate that it shows. */
  readonly authority: string;
  /** Administrator's session. */
  readonly array: StorageArray;
  /** Folder of this host with a file per volume. */
  readonly bytesFolder: string;
}

/** One of the two sites. */
export interface StageSite {
  /** Its name in Protector and in clouds.yaml. */
  readonly name: string;
  /** An administrator's login. */
  readonly admin: CloudLogin;
  /** The same, to look at things often: the client's start takes seconds. */
  readonly cloud: Cloud;
  /** Undefined on clouds that were not made by these tests. */
  readonly machine: Machine | undefined;
  readonly array: StageArray | undefined;
}

/** What the suites work on. */
export interface Stage {
  readonly sites: readonly [StageSite, StageSite];
  readonly shell: Shell;
  /** A type whose volumes are replicated, at both sites. */
  readonly volumeType: string;
  /** A small image at the first site. */
  readonly image: string;
  /** A name that no earlier run used. */
  unique(name: string): string;
  close(): Promise<void>;
}
