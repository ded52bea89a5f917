import type { TlsContexts } from '../tls/contexts.ts';
import type { UwsApp, UwsNative } from './binding.ts';
import type { UwsShared } from './exchange.ts';
import { createTlsApp } from './tls-app.ts';

/** Any number of sockets may listen on the port: those of other workers, and the next one of this worker. */
const LISTEN_SHARED = 0;

/**
 * HTTPS. Certificates of an app of µWS cannot be exchanged while it has connections (it would use freed memory for the
 * next request on them), so others mean another app, which listens on the same port from then on. The one before keeps
 * its connections until they end. An app is never given back, which costs 33 KB for each exchange.
 */
export class UwsTlsListener {
  readonly #native: UwsNative;
  readonly #shared: UwsShared;
  readonly #host: string;
  readonly #port: number;
  readonly #apps: UwsApp[] = [];
  /** Null: TLS was switched off, which counts fully after a restart. */
  #contexts: TlsContexts | null = null;
  #listening: object | null = null;
  #destroyed = false;
  #next: { readonly contexts: TlsContexts | null; readonly app: UwsApp | null } | null = null;

  constructor(native: UwsNative, shared: UwsShared, host: string, port: number) {
    this.#native = native;
    this.#shared = shared;
    this.#host = host;
    this.#port = port;
  }

  /** @throws Error when µWS cannot serve these settings; nothing has changed then */
  prepare(contexts: TlsContexts | null): void {
    this.#next = null;
    if (contexts === this.#contexts) return;
    const app =
      contexts === null ? null : createTlsApp(this.#native, this.#shared, contexts, () => this.#port);
    this.#next = { contexts, app };
  }

  /** Handshakes from now on are those of the settings that were prepared last. @throws Error when it cannot listen */
  apply(): void {
    if (this.#next === null) return;
    const { contexts, app } = this.#next;
    const before = this.#listening;
    this.#next = null;
    this.#listening = app === null ? null : this.#listen(app);
    this.#contexts = contexts;
    // What the kernel has completed on the socket before is accepted first.
    if (before !== null) setImmediate(() => setImmediate(() => this.#close(before)));
  }

  #close(listening: object): void {
    if (!this.#destroyed) this.#native.module.us_listen_socket_close(listening);
  }

  #listen(app: UwsApp): object {
    this.#apps.push(app);
    let listening: object | false = false;
    app.listen(this.#host, this.#port, LISTEN_SHARED, (socket) => {
      listening = socket;
    });
    if (listening === false)
      throw new Error(`µWebSockets.js cannot listen on port ${this.#port} of ${this.#host}`);
    return listening;
  }

  stopListening(): void {
    if (this.#listening !== null) this.#close(this.#listening);
    this.#listening = null;
  }

  /** Closes every connection at once, and what listens. */
  destroy(): void {
    this.#destroyed = true;
    for (const app of this.#apps) app.close();
  }
}
