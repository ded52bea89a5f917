/** What a balancer may look at; `PluginRequest` is one. */
export interface PickContext {
  /** The rightmost address that is no trusted proxy (rule B6). */
  readonly clientIp: string;
  /** Canonical path without query. */
  readonly path: string;
  readonly headers: { get(name: string): string | undefined };
}
