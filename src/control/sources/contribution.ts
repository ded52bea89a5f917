import type { PluginInstance, Route, Upstream } from '../../routing/model.ts';

/** What one source publishes: always its complete list. */
export interface Contribution {
  /** `file`, `farp`, …: shown with each route, and in front of names that another source has taken. */
  readonly source: string;
  readonly routes: readonly Route[];
  readonly upstreams: readonly Upstream[];
  readonly plugins: readonly PluginInstance[];
}

/** What of a contribution was left out. */
export interface MergeProblem {
  readonly source: string;
  /** The upstream or route. */
  readonly subject: string;
  readonly message: string;
}
