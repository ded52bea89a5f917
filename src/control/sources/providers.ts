/** Starts and stops the discovery backends as the configuration wants them. Only the primary thread ever connects. */
import { configuredBackends, settingsOf } from '../../config/backends.ts';
import type { Config } from '../../config/schema/schema.ts';
import { createProvider } from '../../discovery/create-provider.ts';
import type { Provider, ServiceInstance } from '../../discovery/provider.ts';
import type { ControlLog } from '../log.ts';
import { type ProviderReport, ProviderStatus } from './provider-status.ts';

export interface ProvidersOptions {
  readonly log: ControlLog;
  readonly onPublish: (provider: string, instances: readonly ServiceInstance[]) => void;
}

interface Running {
  readonly provider: Provider;
  readonly status: ProviderStatus;
  /** Its settings: others mean another provider. */
  readonly text: string;
}

/** In the place of settings, which it has none of here. */
const PUSH = 'push';

export class Providers {
  readonly #options: ProvidersOptions;
  #running = new Map<string, Running>();
  #closing: Promise<unknown>[] = [];

  constructor(options: ProvidersOptions) {
    this.#options = options;
  }

  /**
   * @param push services that register themselves: before the backends, and closed by whoever made it
   * @param ready is called before anything is started, with what there will be
   */
  configure(config: Config, push: Provider | null, ready: (providers: readonly Provider[]) => void): void {
    const wanted = new Map<string, Running>();
    if (push !== null) wanted.set(push.name, this.#running.get(push.name) ?? this.#create(push, PUSH));
    for (const name of configuredBackends(config.discovery)) {
      const settings = settingsOf(config.discovery, name);
      const text = JSON.stringify(settings);
      const known = this.#running.get(name);
      wanted.set(name, known?.text === text ? known : this.#create(createProvider(name, settings), text));
    }
    const before = this.#running;
    this.#running = wanted;
    ready([...wanted.values()].map(({ provider }) => provider));
    for (const [name, running] of before) if (wanted.get(name) !== running) this.#close(running);
    for (const [name, running] of wanted)
      if (before.get(name) !== running) running.provider.start(running.status);
  }

  /** Each of them has answered or failed once. */
  get areKnown(): boolean {
    return [...this.#running.values()].every(({ status }) => status.isKnown);
  }

  reports(): ProviderReport[] {
    return [...this.#running.values()].map(({ status }) => status.report());
  }

  async close(): Promise<void> {
    for (const running of this.#running.values()) this.#close(running);
    this.#running.clear();
    await Promise.all(this.#closing);
  }

  #close({ provider, text }: Running): void {
    if (text !== PUSH) this.#closing.push(provider.close());
  }

  #create(provider: Provider, text: string): Running {
    const { log, onPublish } = this.#options;
    const status: ProviderStatus = new ProviderStatus(provider.name, log, (instances) => {
      // One that is being closed may still have something to say.
      if (this.#running.get(provider.name)?.status === status) onPublish(provider.name, instances);
    });
    return { provider, status, text };
  }
}
