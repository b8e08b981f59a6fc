/** What an error is, the same at every occurrence. */
interface ErrorCatalogueEntry {
  /** HTTP status. */
  readonly status: number;
  /** Constant per code. */
  readonly title: string;
  /** What to do about it, for a person under stress. */
  readonly help: string;
}

/** Entries of the catalogue by code. */
export type ErrorCatalogueEntries = Readonly<Record<string, ErrorCatalogueEntry>>;
