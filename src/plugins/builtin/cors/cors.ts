import { OriginSet } from '../../../http/origins.ts';
import type { PluginExchange, PluginHooks, PluginReply, PluginResponse } from '../../api.ts';
import type { CheckedPlugin } from '../../checked-plugin.ts';
import { addVary } from '../../vary.ts';
import type { CorsConfig } from './schema.ts';

/** Cross-origin resource sharing as the Fetch standard defines it: preflights are answered here, responses are marked. */
export const corsPlugin: CheckedPlugin<CorsConfig> = {
  name: 'cors',
  version: '1.0.0',
  preflight: true,
  setup: (config) => new Cors(config),
};

class Cors implements PluginHooks {
  readonly #origins: OriginSet;
  readonly #methods: string;
  /** null reflects what the browser asks for. */
  readonly #headers: string | null;
  readonly #expose: string;
  readonly #credentials: boolean;
  readonly #maxAge: string;

  constructor(config: CorsConfig) {
    this.#origins = new OriginSet(config.origins);
    this.#methods = config.methods.join(', ');
    this.#headers = config.headers === 'reflect' ? null : config.headers.join(', ');
    this.#expose = config.expose.join(', ');
    this.#credentials = config.credentials;
    this.#maxAge = String(Math.floor(config.max_age / 1000));
  }

  onRequest(exchange: PluginExchange): PluginReply | undefined {
    const { method, headers } = exchange.request;
    if (method !== 'OPTIONS' || !headers.has('Origin')) return undefined;
    // An OPTIONS request without this field is the application's own business.
    if (!headers.has('Access-Control-Request-Method')) return undefined;
    return this.#preflight(headers.get('Origin') ?? '', headers.get('Access-Control-Request-Headers') ?? '');
  }

  /** `onResponse` adds who may read it. An origin that is not admitted gets a bare 204, so the browser stops there. */
  #preflight(origin: string, askedHeaders: string): PluginReply {
    const headers: Record<string, string> = { Vary: 'Access-Control-Request-Method' };
    if (this.#headers === null) headers['Vary'] += ', Access-Control-Request-Headers';
    if (!this.#origins.has(origin)) return { status: 204, headers };

    headers['Access-Control-Allow-Methods'] = this.#methods;
    headers['Access-Control-Max-Age'] = this.#maxAge;
    const allowedHeaders = this.#headers ?? askedHeaders;
    if (allowedHeaders !== '') headers['Access-Control-Allow-Headers'] = allowedHeaders;
    return { status: 204, headers };
  }

  /** Runs for preflight replies and gateway-made errors too, so that a script can read a 401 or 429. */
  onResponse(exchange: PluginExchange, response: PluginResponse): void {
    const { headers } = response;
    // Whatever the service says about CORS is replaced: two Allow-Origin fields make browsers refuse both.
    headers.delete('Access-Control-Allow-Origin');
    headers.delete('Access-Control-Allow-Credentials');
    headers.delete('Access-Control-Expose-Headers');

    if (this.#origins.any) {
      headers.append('Access-Control-Allow-Origin', '*');
    } else {
      // Also without Origin: a cache must not serve this response to a request that has one.
      addVary(headers, 'Origin');
      const origin = exchange.request.headers.get('Origin');
      if (origin === undefined || !this.#origins.has(origin)) return;
      headers.append('Access-Control-Allow-Origin', origin);
      if (this.#credentials) headers.append('Access-Control-Allow-Credentials', 'true');
    }
    if (this.#expose !== '') headers.append('Access-Control-Expose-Headers', this.#expose);
  }
}
