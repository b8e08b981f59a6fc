/** JSON text of a `T`. The parameter documents the shape; `readJson` and `writeJson` convert. */
export type Json<T> = string & { readonly __json?: T };

/** `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
export type DbTime = string;

export type Flag = 0 | 1;
