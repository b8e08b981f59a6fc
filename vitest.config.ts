import { defineConfig } from "vitest/config";

/** Suites that use the private MariaDB, RabbitMQ and memcached of test/services. */
const SERVICE_SUITES = ["packages/**/*.services.test.ts", "test/**/*.services.test.ts"];

/** Suites that need two running OpenStack clouds: `npm run test:openstack` has a configuration of its own. */
const OPENSTACK_SUITES = ["test/openstack/**/*.openstack.test.ts"];

// The time limits end what hangs; busy machines are slow, so they are generous.
export default defineConfig({
  test: {
    pool: "forks",
    // One more than processors: the scenarios of the sandbox wait in real time, and take one for minutes.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: "units",
          include: ["packages/**/*.test.ts", "packaging/*.test.ts", "test/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...SERVICE_SUITES, ...OPENSTACK_SUITES],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // No test changes what all share, and loading the programs anew for each file costs more than most tests.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "services",
          include: SERVICE_SUITES,
          globalSetup: ["test/services/global-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
