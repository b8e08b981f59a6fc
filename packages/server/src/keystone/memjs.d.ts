/** What is used of memjs, which has no types of its own. */
declare module "memjs" {
  export interface MemcachedClient {
    get(key: string): Promise<{ readonly value: Buffer | null }>;
    /** `expires` in seconds. */
    set(key: string, value: string, options: { readonly expires: number }): Promise<boolean>;
    close(): void;
  }
  export const Client: {
    create(
      servers: string,
      options: {
        readonly timeout?: number;
        readonly conntimeout?: number;
        readonly retries?: number;
        readonly failover?: boolean;
        readonly failoverTime?: number;
        readonly keepAlive?: boolean;
        readonly logger?: { log(...values: readonly unknown[]): void };
      },
    ): MemcachedClient;
  };
}
