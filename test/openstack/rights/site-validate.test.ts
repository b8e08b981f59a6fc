import { describe } from "vitest";
import { simulatedTarget } from "../recordings/simulated-target.ts";
import { describeValidation } from "./describe-validation.ts";

describe("site validate on a simulated cloud", () => {
  const { target, clock } = simulatedTarget();
  describeValidation({
    target,
    backend: {
      name: "array-a",
      url: "https://127.0.0.21",
      apiToken: "token-a",
      tls: {},
      cinderHost: "site-a@pure#pure",
    },
    run: (work) => clock.run(work),
  });
});
