import type { Cloud, ConnectCloud } from "./cloud.ts";
import { NovaClient } from "./compute-client.ts";
import {
  computeUrl,
  findEndpoint,
  imageUrl,
  loadBalancerUrl,
  networkUrl,
  versionDocumentUrl,
  volumeUrl,
} from "./endpoint.ts";
import { KeystoneClient } from "./identity-client.ts";
import { GlanceClient } from "./image-client.ts";
import { OctaviaClient } from "./load-balancer-client.ts";
import { type MicroversionRange, negotiate } from "./microversion.ts";
import { NeutronClient } from "./network-client.ts";
import { HttpPlacementClient, PLACEMENT_VERSION } from "./placement-client.ts";
import { ServiceCaller } from "./request.ts";
import { Session } from "./session.ts";
import { CinderClient } from "./volume-client.ts";

/** 2.79 (Train) shows delete-on-termination of attachments; Victoria, the oldest release we serve, has 2.87. */
const NOVA: MicroversionRange = {
  service: "nova",
  headerName: "compute",
  documentId: "v2.1",
  floor: "2.79",
  ceiling: "2.93",
};

/** 3.21 shows `provider_id` to administrators; Victoria has 3.62. */
const CINDER: MicroversionRange = {
  service: "cinder",
  headerName: "volume",
  documentId: "v3",
  floor: "3.21",
  ceiling: "3.70",
};

export const connectCloud: ConnectCloud = (options, ports) =>
  new CloudSession(new Session(options, ports), options.requestId ?? `req-${ports.random.uuid()}`);

/** All clients over one login. */
class CloudSession implements Cloud {
  readonly identity: KeystoneClient;
  readonly compute: NovaClient;
  readonly volume: CinderClient;
  readonly network: NeutronClient;
  readonly image: GlanceClient;
  readonly placement: HttpPlacementClient;
  readonly loadBalancer: OctaviaClient;
  readonly #session: Session;
  readonly #requestId: string;

  constructor(session: Session, requestId: string) {
    this.#session = session;
    this.#requestId = requestId;
    this.identity = new KeystoneClient(this.#caller("keystone", async () => session.identityUrl));
    this.compute = this.#computeClient();
    this.volume = this.#volumeClient();
    const networkBase = async () => networkUrl(await this.endpoint("network"));
    this.network = new NeutronClient(this.#caller("neutron", networkBase), (key, ask) => session.remember(key, ask));
    this.image = new GlanceClient(this.#caller("glance", async () => imageUrl(await this.endpoint("image"))));
    const placementHeaders = async () => ({ "openstack-api-version": `placement ${PLACEMENT_VERSION}` });
    const placementBase = () => this.endpoint("placement");
    this.placement = new HttpPlacementClient(this.#caller("placement", placementBase, placementHeaders));
    const loadBalancerBase = async () => loadBalancerUrl(await this.endpoint("load-balancer"));
    this.loadBalancer = new OctaviaClient(this.#caller("octavia", loadBalancerBase), () =>
      this.#offers("load-balancer"),
    );
  }

  async #offers(serviceType: string): Promise<boolean> {
    return (await this.catalog()).some(({ type }) => type === serviceType);
  }

  token(): ReturnType<Cloud["token"]> {
    return this.#session.token(this.#requestId);
  }

  discardToken(value: string): void {
    this.#session.discard(value);
  }

  async catalog(): ReturnType<Cloud["catalog"]> {
    return (await this.token()).content.catalog;
  }

  async endpoint(serviceType: string): Promise<string> {
    const { options } = this.#session;
    const { value, content } = await this.token();
    try {
      return findEndpoint(content.catalog, serviceType, options);
    } catch (error) {
      if (!this.#session.isKept(value)) throw error;
      // The service may have been registered since.
      this.#session.discard(value);
      return findEndpoint(await this.catalog(), serviceType, options);
    }
  }

  withRequestId(requestId: string): Cloud {
    return new CloudSession(this.#session, requestId);
  }

  #computeClient(): NovaClient {
    const base = async () => computeUrl(await this.endpoint("compute"));
    const microversion = this.#microversion(NOVA, base);
    return new NovaClient(this.#caller("nova", base, versionHeader(NOVA, microversion)), microversion);
  }

  #volumeClient(): CinderClient {
    const base = async () => {
      const { content } = await this.token();
      return volumeUrl(await this.endpoint("volume"), content.projectId);
    };
    return new CinderClient(this.#caller("cinder", base, versionHeader(CINDER, this.#microversion(CINDER, base))));
  }

  #microversion(range: MicroversionRange, base: () => Promise<string>): () => Promise<string> {
    const caller = this.#caller(range.service, base);
    return () =>
      this.#session.remember(`${range.service} microversion`, async () => {
        const url = versionDocumentUrl(await base());
        const answer = await caller.sendTo(url, { method: "GET", path: "/", accept: [300] });
        return negotiate(answer.fields(), range);
      });
  }

  #caller(
    service: string,
    baseUrl: () => Promise<string>,
    headers?: () => Promise<Readonly<Record<string, string>>>,
  ): ServiceCaller {
    const address = { service, session: this.#session, requestId: this.#requestId, baseUrl };
    return new ServiceCaller(headers === undefined ? address : { ...address, headers });
  }
}

function versionHeader(range: MicroversionRange, microversion: () => Promise<string>) {
  return async () => ({ "openstack-api-version": `${range.headerName} ${await microversion()}` });
}
