import type { ConfigOf } from "./option.ts";
import type { BACKEND_OPTIONS, OPTIONS } from "./options.ts";

/** One array of `[storage] enabled_backends`. */
export type BackendConfig = { readonly name: string } & ConfigOf<{ backend: typeof BACKEND_OPTIONS }>["backend"];

/**
 * All settings under the names of the file: `config.api.bind_port`, `config.DEFAULT.debug`; times in the units that the
 * option's help gives. Deeply frozen.
 */
export type Config = ConfigOf<typeof OPTIONS> & {
  /** In the order of `[storage] enabled_backends`. */
  readonly backends: readonly BackendConfig[];
};
