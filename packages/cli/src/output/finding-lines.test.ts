import { expect, it } from "vitest";
import { findingLines } from "./finding-lines.ts";
import { plain } from "./style.ts";

it("tells a finding whole on a narrow terminal, its remedy below", () => {
  const finding = {
    severity: "critical",
    check: "mapping.security_group_unmapped",
    subject: "web-01",
    reason: "Security group demo-web is not mapped to site-b.",
    remedy: "Name its counterpart there.",
    when: "8m ago, gone 6m ago",
  } as const;
  expect(findingLines(finding, { width: 40, paint: plain })).toEqual([
    "critical  mapping.security_group_unmapped  web-01  (8m ago, gone 6m ago)",
    "    Security group demo-web is not",
    "    mapped to site-b.",
    "    → Name its counterpart there.",
  ]);
});
