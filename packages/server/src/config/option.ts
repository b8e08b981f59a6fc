/** How the text of an option is read. */
export type OptionType =
  | "string"
  | "bool"
  | "int"
  | "float"
  | "port"
  | "url"
  | "path"
  /** Comma-separated. */
  | "list"
  /** `key:value` pairs, comma-separated. */
  | "dict"
  /** One value per line of the file that names the option. */
  | "multi";

/** What an option's text becomes. */
export interface OptionValues {
  readonly string: string;
  readonly bool: boolean;
  readonly int: number;
  readonly float: number;
  readonly port: number;
  readonly url: string;
  readonly path: string;
  readonly list: readonly string[];
  readonly dict: Readonly<Record<string, string>>;
  readonly multi: readonly string[];
}

/** One option as data: reading, documentation and the sample file come from it. */
export interface Option {
  readonly type: OptionType;
  readonly help: string;
  /** In the form of the file, `$other_option` included; without one the value is undefined when nothing is set. */
  readonly default?: string;
  /** Never shown in logs, samples or errors. */
  readonly secret?: true;
  /** Taken over while running, when the process gets SIGHUP. */
  readonly mutable?: true;
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** An example for options without a default. */
  readonly example?: string;
}

/** Options by section and name. */
export type OptionTable = Readonly<Record<string, Readonly<Record<string, Option>>>>;

/** The value of one option: with a default never undefined. */
export type OptionValue<O extends Option> = O extends { readonly default: string } ? Chosen<O> : Chosen<O> | undefined;

type Chosen<O extends Option> = O extends { readonly choices: readonly (infer C)[]; readonly type: "string" }
  ? C
  : OptionValues[O["type"]];

/** Values by section and name. */
export type ConfigOf<T extends OptionTable> = {
  readonly [S in keyof T]: { readonly [N in keyof T[S]]: OptionValue<T[S][N]> };
};
