export type LoadFailure =
  /** No such file or package, or it cannot be read. */
  | 'module-missing'
  /** Importing it threw, or did not end in time. */
  | 'module-failed'
  /** It has no `plugin` export, or one of the wrong shape. */
  | 'bad-definition'
  /** The plugin's schema refuses its options. */
  | 'bad-config'
  /** `setup` threw or returned no hooks. */
  | 'setup-failed';

/** A plugin cannot be loaded; the message names it and says what to do. */
export class PluginLoadError extends Error {
  /** The name under which it is configured. */
  readonly plugin: string;
  readonly failure: LoadFailure;

  constructor(plugin: string, failure: LoadFailure, detail: string, cause?: unknown) {
    super(`plugin "${plugin}": ${detail}`, { cause });
    this.name = 'PluginLoadError';
    this.plugin = plugin;
    this.failure = failure;
  }
}
