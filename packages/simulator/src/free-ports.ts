import { createServer } from "node:net";
import type { CloudPorts } from "./openstack/cloud-options.ts";

/** A TCP port of a loopback address that nobody listens on now. */
export async function findFreePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error(`no port on ${host}`);
  return address.port;
}

/** Free ports for all services of one cloud. */
export async function findFreePorts(host: string): Promise<CloudPorts> {
  const [keystone, nova, cinder, neutron, glance, placement] = [
    await findFreePort(host),
    await findFreePort(host),
    await findFreePort(host),
    await findFreePort(host),
    await findFreePort(host),
    await findFreePort(host),
  ];
  return { keystone, nova, cinder, neutron, glance, placement };
}
