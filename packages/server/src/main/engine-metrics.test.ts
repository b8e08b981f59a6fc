import { HttpTransportError, VirtualClock } from "@protector/ports";
import { expect, it } from "vitest";
import { EngineMetrics } from "./engine-metrics.ts";

it("counts and times calls by address, by who calls and by how they ended", async () => {
  const clock = new VirtualClock(0);
  const metrics = new EngineMetrics(clock);
  const calls = metrics.timeCalls(async ({ url }) => {
    await clock.sleep(200);
    if (url.includes("silent")) throw new HttpTransportError("interrupted", "no answer");
    return { status: 404, headers: {}, body: "" };
  }, "watch");
  const call = (url: string) => calls({ method: "GET", url, headers: {}, timeoutMs: 1000 });
  await clock.run(call("http://controller:8774/v2.1/servers?name=x"));
  await clock.run(call("https://array-a/silent").catch(() => {}));
  const text = await metrics.registry.metrics();
  const name = "protector_outside_call_duration_seconds";
  expect(text).toContain(`${name}_sum{address="controller:8774",work="watch",status="404"} 0.2`);
  expect(text).toContain(`${name}_count{address="array-a",work="watch",status="none"} 1`);
});
