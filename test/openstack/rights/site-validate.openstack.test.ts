import { afterAll, describe } from "vitest";
import { ARRAYS, openPair } from "../clouds/pair.ts";
import { pairTarget } from "../recordings/real-target.ts";
import { describeValidation } from "./describe-validation.ts";

describe("site validate on a real cloud", () => {
  const { target, close } = pairTarget(openPair(), "site-a");
  afterAll(close);
  const { name, address, apiToken } = ARRAYS["array-a"];
  const tls = { insecure: true };
  const cinderHost = "site-a@pure#pure";
  describeValidation({
    target,
    backend: { name, url: `https://${address}`, apiToken, tls, cinderHost },
    run: (work) => work,
  });
});
