/** One path of a service as a schema or route table states it, before it is mounted. */
export interface ServicePath {
  /** Pattern in the gateway's own spelling, as the service knows the path: `/users/{id}`. */
  readonly path: string;
  /** Upper case; empty means every method. */
  readonly methods: readonly string[];
  /** What it comes from: `openapi`, `asyncapi`, `graphql`, `grpc`, `orpc`, `route-table`, `catch-all`. */
  readonly type: string;
  /** Milliseconds; 0: what `routing` says. */
  readonly timeout: number;
  /** gRPC clients cannot put anything in front of the path, so it is the same whatever the mount. */
  readonly unmounted: boolean;
  /** Key of the path or channel in its document; `''` where it has none. */
  readonly key: string;
  /** `path` as its document spells it, with what stands in front of every path there. */
  readonly spelled: string;
}

/** What cannot be used, with what it is about. */
export type Complain = (subject: string, message: string) => void;
