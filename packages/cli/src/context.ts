import { type ApiError, clientError, type Delivery, type SiteClient, TwoSiteClient } from "@protector/client";
import type { TokenKeep } from "@protector/openstack";
import { type CloudEntry, entryOfVariables, overlaid, variablesBesideCloud } from "./cloud/cloud-entry.ts";
import { type CloudFiles, cloudNames, readCloudFiles, requireEntry, requireRegions } from "./cloud/cloud-files.ts";
import { canLogIn, isTokenGiven } from "./cloud/credential.ts";
import { findPeer } from "./cloud/find-peer.ts";
import { handedSession } from "./cloud/handed-session.ts";
import { openSite, type SiteHandle } from "./cloud/site-handle.ts";
import { tokenFolder, tokenKeepOf } from "./cloud/token-cache.ts";
import { EXIT, UsageError } from "./exit-codes.ts";
import type { GlobalOptions } from "./global-options.ts";
import { type CliHost, terminalWidth } from "./host.ts";
import { sentence } from "./output/error-text.ts";
import { wrapIndented } from "./output/fit.ts";
import { Printer } from "./output/printer.ts";
import { type Painter, painterFor } from "./output/style.ts";

/** What every command works with: the two sites, opened when first needed, and the way to talk to people. */
export class CommandContext {
  readonly host: CliHost;
  readonly options: GlobalOptions;
  readonly printer: Printer;
  /** The exit code so far; commands may worsen it. */
  exitCode: number = EXIT.done;
  readonly #globalRequestId: string;
  readonly #handles = new Map<SiteClient, SiteHandle>();
  #near: SiteHandle | undefined;
  #sites: TwoSiteClient | undefined;
  #files: CloudFiles | undefined;

  constructor(host: CliHost, options: GlobalOptions) {
    this.host = host;
    this.options = options;
    this.printer = new Printer(host, {
      format: options.format,
      picks: options.column,
      isForPeople: options.format === "table" || options.isExchangeForPeople,
    });
    this.#globalRequestId = `req-${host.random.uuid()}`;
  }

  /** @throws UsageError when no cloud is named or it is not described. */
  get near(): SiteHandle {
    this.#near ??= this.#openNear();
    return this.#near;
  }

  /** @throws UsageError when no cloud is named or it is not described. */
  get sites(): TwoSiteClient {
    this.#sites ??= new TwoSiteClient({ near: this.near.client, far: async () => (await this.#openFar()).client });
    return this.#sites;
  }

  async far(): Promise<SiteHandle> {
    return this.handleOf(await this.sites.far());
  }

  /**
   * A site by the name of its cloud, or as it is registered; the other site is not asked for it.
   * @throws ApiError `site.not_found`; UsageError when its cloud is not described.
   */
  async siteNamed(name: string): Promise<SiteClient> {
    const { client, entry } = this.near;
    if (name === client.name) return client;
    const described = this.#cloudFiles().entries.find((one) => one.name === name);
    if (described) return this.#open(described).client;
    const summaries = await client.all("site_summaries.index");
    const row = summaries.find((site) => site.name === name || site.id === name);
    if (row?.is_local) return client;
    if (row) return this.#open(findPeer(this.#cloudFiles(), entry, [row])).client;
    const names = summaries.map((site) => site.name).join(", ") || "none";
    const detail = `No cloud "${name}" is described, and no site of that name is registered at ${client.name}. There: ${names}.`;
    throw clientError("site.not_found", client.name, detail);
  }

  /** The site that a client belongs to. */
  handleOf(client: SiteClient): SiteHandle {
    return this.#handles.get(client) ?? this.near;
  }

  /** File that describes the clouds; undefined when there is none. */
  get cloudsPath(): string | undefined {
    return this.#cloudFiles().path;
  }

  /** Colours for what goes to standard error. */
  get paint(): Painter {
    return painterFor(this.host.stderr, this.host.env);
  }

  /** Whether the command waits for the operation that it starts. */
  get isWaiting(): boolean {
    return this.options.wait ?? this.host.stdout.isTTY ?? false;
  }

  /** Tells people something that is not the result. */
  note(text: string): void {
    this.host.stderr.write(`${wrapIndented(text, terminalWidth(this.host.stderr))}\n`);
  }

  warn(text: string): void {
    this.note(`${this.paint("Warning:", "yellow")} ${text}`);
  }

  worsen(code: number): void {
    if (code !== EXIT.done) this.exitCode = code;
  }

  /** Tells of a change that is made but that the peer has not confirmed. */
  report(delivery: Delivery): void {
    if (delivery.isDelivered) return;
    this.#reportOwed(delivery.failure);
  }

  #reportOwed(failure: ApiError): void {
    this.warn(
      `The change is made, but ${failure.site} has not confirmed it yet: ${sentence(failure.message)} The next command on the group carries it there; or run: protector protection-group sync-force`,
    );
    this.worsen(failure.isSilence ? EXIT.peerUnreachable : EXIT.done);
  }

  /** A token that was given is not kept; nor is any where the environment or `clouds.yaml` forbids it. */
  #keepOf(entry: CloudEntry): TokenKeep | undefined {
    const { tokens, env } = this.host;
    const folder = tokenFolder(env);
    if (!tokens || !folder || env.PROTECTOR_TOKEN_CACHE === "off" || isTokenGiven(entry)) return undefined;
    return this.#cloudFiles().isAuthCached ? tokenKeepOf(entry, { folder, ...tokens }) : undefined;
  }

  #cloudFiles(): CloudFiles {
    this.#files ??= readCloudFiles(this.host);
    return this.#files;
  }

  #nearEntry() {
    const name = this.options.osCloud ?? this.host.env.OS_CLOUD;
    if (name) return this.#named(requireRegions(this.#cloudFiles(), name));
    const entry = entryOfVariables({ ...this.host.env, ...this.options.variables });
    if (entry) return entry;
    const [only, second] = cloudNames(this.#cloudFiles());
    if (only !== undefined && second === undefined) return this.#named(requireRegions(this.#cloudFiles(), only));
    throw new UsageError("No cloud is named. Use --os-cloud, or set OS_CLOUD or the OS_* variables.");
  }

  /** A cloud that is named, with what else is said: in the environment, over that by options. */
  #named(regions: Parameters<typeof overlaid>[0]): CloudEntry {
    const said = variablesBesideCloud(this.host.env);
    const entry = overlaid(regions, { ...said, ...this.options.variables });
    const [{ name, auth }] = regions;
    const replaced = Object.keys(auth).map((key) => ({ key, variable: `OS_${key.toUpperCase()}` }));
    const surprising = replaced.filter(
      ({ key, variable }) => this.options.variables[variable] === undefined && auth[key] !== entry.auth[key],
    );
    if (surprising.length > 0) {
      const variables = surprising.map(({ variable }) => variable).join(", ");
      this.warn(`${variables} of the environment stands in for what cloud "${name}" says, as in openstack.`);
    }
    return entry;
  }

  async #openFar(): Promise<SiteHandle> {
    const name = this.options.secondaryCloud ?? this.host.env.OS_SECONDARY_CLOUD;
    if (name) return this.#open(requireEntry(this.#cloudFiles(), name));
    const summaries = await this.near.client.all("site_summaries.index");
    return this.#open(findPeer(this.#cloudFiles(), this.near.entry, summaries));
  }

  /** A login that was handed over is renewed as the cloud's own entry says, where there is one. */
  #openNear(): SiteHandle {
    const handed = handedSession(this.host.env);
    if (!handed) return this.#open(this.#nearEntry());
    const own = this.#cloudFiles().entries.find(({ name }) => name === handed.entry.name);
    const entry = own && canLogIn(own) ? { ...handed.entry, auth: own.auth, authType: own.authType } : handed.entry;
    return this.#open(entry, handed.keep);
  }

  #open(entry: CloudEntry, keep = this.#keepOf(entry)): SiteHandle {
    const handle = openSite({ entry, globalRequestId: this.#globalRequestId, keep }, this.host);
    this.#handles.set(handle.client, handle);
    return handle;
  }
}
