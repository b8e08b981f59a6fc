import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// One file after the other, each test after the one before it: they work on the same two clouds. A chapter that fails
// makes those after it in its file pointless.
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: ["test/openstack/**/*.openstack.test.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
