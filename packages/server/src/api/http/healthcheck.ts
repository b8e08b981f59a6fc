import { existsSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import type { ApiSettings } from "../ports.ts";

/**
 * `/healthcheck` as load balancers know it from oslo.middleware: cheap, without token, and taken out of service by a file.
 * Source: openstack/oslo.middleware oslo_middleware/healthcheck.
 */
export function registerHealthcheck(app: FastifyInstance, settings: ApiSettings): void {
  app.route({
    method: ["GET", "HEAD"],
    url: "/healthcheck",
    handler: async (request, reply) => {
      const isHealthy = settings.disableByFilePath === null || !existsSync(settings.disableByFilePath);
      const reason = isHealthy ? "OK" : "DISABLED BY FILE";
      const code = isHealthy ? 200 : 503;
      if (request.method === "HEAD") return reply.code(isHealthy ? 204 : 503).send();
      if (!request.headers.accept?.includes("application/json")) {
        return reply.code(code).type("text/plain; charset=utf-8").send(reason);
      }
      return reply.code(code).send({ detailed: settings.isHealthcheckDetailed, reasons: [reason] });
    },
  });
}
