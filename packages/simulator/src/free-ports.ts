import { createServer, type Server } from "node:net";
import type { CloudPorts } from "./openstack/cloud-options.ts";

/** A TCP port of a loopback address that nobody listens on now. */
export async function findFreePort(host: string): Promise<number> {
  const server = await listenAnywhere(host);
  return close(server, host);
}

/** Free ports for all services of one cloud, no two alike. */
export async function findFreePorts(host: string): Promise<CloudPorts> {
  // All are held until the last is found: one that is closed could be given out again.
  const keystone = await listenAnywhere(host);
  const nova = await listenAnywhere(host);
  const cinder = await listenAnywhere(host);
  const neutron = await listenAnywhere(host);
  const glance = await listenAnywhere(host);
  const placement = await listenAnywhere(host);
  const octavia = await listenAnywhere(host);
  return {
    keystone: await close(keystone, host),
    nova: await close(nova, host),
    cinder: await close(cinder, host),
    neutron: await close(neutron, host),
    glance: await close(glance, host),
    placement: await close(placement, host),
    octavia: await close(octavia, host),
  };
}

async function listenAnywhere(host: string): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  return server;
}

/** @returns the port that it listened on. */
async function close(server: Server, host: string): Promise<number> {
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error(`no port on ${host}`);
  return address.port;
}
