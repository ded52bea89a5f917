import type { PluginHooks } from '../plugins/api.ts';
import type { LoadedPlugin } from '../plugins/loader.ts';

/** A plugin of a chain that has the hook in question. */
export interface ChainLink {
  readonly name: string;
  readonly hooks: PluginHooks;
  /** Whole-body cap of this direction; 0 for streaming. */
  readonly wholeBody: number;
}

/** The plugins of one route, sorted out by hook once, so that an exchange only touches what is there. */
export class Chain {
  readonly preflight: readonly ChainLink[];
  readonly onRequest: readonly ChainLink[];
  readonly onRequestBody: readonly ChainLink[];
  readonly onUpstreamRequest: readonly ChainLink[];
  /** In reverse order, as all response hooks. */
  readonly onResponse: readonly ChainLink[];
  readonly onResponseBody: readonly ChainLink[];
  /** Those that take a body piece by piece: for streams that nobody can wait for to end. */
  readonly onStreamBody: readonly ChainLink[];
  readonly onEnd: readonly ChainLink[];
  /** A plugin of the user's may keep what it is shown; built-in ones do not once their hook has returned. */
  readonly keepsViews: boolean;

  constructor(plugins: readonly LoadedPlugin[]) {
    const links = plugins.map((plugin) => link(plugin, 0));
    const reversed = links.toReversed();
    this.preflight = plugins
      .filter((plugin) => plugin.definition.preflight === true)
      .map((plugin) => link(plugin, 0));
    this.onRequest = links.filter(({ hooks }) => hooks.onRequest !== undefined);
    this.onRequestBody = plugins
      .map((plugin) => link(plugin, plugin.definition.wholeBody?.request ?? 0))
      .filter(({ hooks }) => hooks.onRequestBody !== undefined);
    this.onUpstreamRequest = links.filter(({ hooks }) => hooks.onUpstreamRequest !== undefined);
    this.onResponse = reversed.filter(({ hooks }) => hooks.onResponse !== undefined);
    this.onResponseBody = plugins
      .toReversed()
      .map((plugin) => link(plugin, plugin.definition.wholeBody?.response ?? 0))
      .filter(({ hooks }) => hooks.onResponseBody !== undefined);
    this.onStreamBody = this.onResponseBody.filter(({ wholeBody }) => wholeBody === 0);
    this.onEnd = links.filter(({ hooks }) => hooks.onEnd !== undefined);
    this.keepsViews = plugins.some(({ instance }) => instance.module !== '');
  }
}

function link(plugin: LoadedPlugin, wholeBody: number): ChainLink {
  return { name: plugin.name, hooks: plugin.hooks, wholeBody };
}

export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
