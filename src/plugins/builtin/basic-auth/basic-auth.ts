import type { MaybePromise, PluginContext, PluginExchange, PluginHooks, PluginReply } from '../../api.ts';
import type { CheckedPlugin } from '../../checked-plugin.ts';
import { problemReply } from '../../problem.ts';
import { BcryptBusyError } from './bcrypt-pool.ts';
import { parseCredentials } from './credentials.ts';
import type { BasicAuthConfig } from './schema.ts';
import { UserTable } from './users.ts';
import { VerifiedCache } from './verified-cache.ts';

const CONSUMER_FIELD = 'X-Consumer-Name';

/** HTTP Basic authentication (RFC 7617). The upstream learns the user from X-Consumer-Name. */
export const basicAuthPlugin: CheckedPlugin<BasicAuthConfig> = {
  name: 'basic-auth',
  version: '1.0.0',
  ownsHeaders: ['X-Consumer-*'],
  setup: (config, context) => new BasicAuth(config, context),
};

class BasicAuth implements PluginHooks {
  readonly #users: UserTable;
  readonly #verified: VerifiedCache;
  /** Verifications under way: a burst with the same new credentials costs one comparison. */
  readonly #running = new Map<string, Promise<string | null>>();
  readonly #challenge: string;
  readonly #removeAuthorization: boolean;
  readonly #context: PluginContext;

  constructor(config: BasicAuthConfig, context: PluginContext) {
    this.#users = new UserTable(config.users);
    this.#verified = new VerifiedCache(config.cache_ttl);
    this.#challenge = `Basic realm="${config.realm}", charset="UTF-8"`;
    this.#removeAuthorization = config.remove_authorization;
    this.#context = context;
  }

  onRequest(exchange: PluginExchange): MaybePromise<PluginReply | undefined> {
    const authorization = exchange.request.headers.get('Authorization');
    if (authorization === undefined) return this.#refuse(exchange);
    const key = this.#verified.keyOf(authorization);
    const consumer = this.#verified.get(key);
    if (consumer === undefined) return this.#verify(exchange, authorization, key);
    this.#admit(exchange, consumer);
    return undefined;
  }

  async #verify(
    exchange: PluginExchange,
    authorization: string,
    key: string,
  ): Promise<PluginReply | undefined> {
    const credentials = parseCredentials(authorization);
    if (credentials === null) return this.#refuse(exchange);
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#users.verify(credentials).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    try {
      const consumer = await running;
      if (consumer === null) return this.#refuse(exchange);
      this.#verified.add(key, consumer);
      this.#admit(exchange, consumer);
      return undefined;
    } catch (error) {
      if (!(error instanceof BcryptBusyError)) throw error;
      this.#context.count('busy');
      return problemReply(exchange, 'plugin_busy', '', { 'Retry-After': '2' });
    }
  }

  #admit(exchange: PluginExchange, consumer: string): void {
    const { headers } = exchange.request;
    if (this.#removeAuthorization) headers.delete('Authorization');
    headers.set(CONSUMER_FIELD, consumer);
  }

  /** The same answer for every reason, so that nobody learns which user names exist. */
  #refuse(exchange: PluginExchange): PluginReply {
    this.#context.count('refused');
    return problemReply(exchange, 'unauthorized', '', { 'WWW-Authenticate': this.#challenge });
  }
}
