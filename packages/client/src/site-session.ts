/** A login at one site's Keystone, as much of it as a client of Protector needs. */
export interface SiteSession {
  /** What people call the site: its `clouds.yaml` entry, or the registered name. */
  readonly name: string;
  /** A token with time left, and the project it is for (undefined = of no project). */
  token(): Promise<{ readonly value: string; readonly projectId: string | undefined }>;
  /** The site refused this token: the next one asked for is another. Without it a refusal is final. */
  discardToken?(value: string): void;
  /**
   * URL of the service type `protector` from the catalog, with or without version and project behind it.
   * @throws an error whose message names type, region and interface when there is none.
   */
  endpoint(): Promise<string>;
}
