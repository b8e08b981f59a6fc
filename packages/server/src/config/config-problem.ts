/** Something in the configuration that is wrong or probably not meant. */
export interface ConfigProblem {
  /** File, or environment variable. */
  readonly source: string;
  /** From 1; undefined for environment variables. */
  readonly line: number | undefined;
  readonly section: string | undefined;
  readonly option: string | undefined;
  /** What is wrong and what is accepted; never holds the value of a secret option. */
  readonly text: string;
}

/** One line for people. */
export function describeProblem(problem: ConfigProblem): string {
  const where = problem.line === undefined ? problem.source : `${problem.source}:${problem.line}`;
  const section = problem.section === undefined ? "" : ` [${problem.section}]`;
  const option = problem.option === undefined ? "" : ` ${problem.option}`;
  return `${where}:${section}${option}: ${problem.text}`;
}

/** The configuration cannot be used; every problem is named, not the first alone. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(describeProblem).join("\n"));
    this.problems = problems;
  }
}
