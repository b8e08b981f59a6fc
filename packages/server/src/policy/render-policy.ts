import { POLICY_RULES, type PolicyRule } from "./rules.ts";

const WIDTH = 78;

/** A `policy.yaml` with every rule, commented out, as `protector-manage policy generate` prints it. */
export function renderPolicy(): string {
  return `${POLICY_RULES.map(renderRule).join("\n\n")}\n`;
}

function renderRule(rule: PolicyRule): string {
  const calls = rule.operations.map(({ method, path }) => `# ${method}  ${path}`);
  return [...wrap(rule.description), ...calls, `#"${rule.name}": "${rule.check}"`].join("\n");
}

function wrap(text: string): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `# ${line}`);
}
