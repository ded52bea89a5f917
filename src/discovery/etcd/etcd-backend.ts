/**
 * etcd (v3 API). Lists what stands below each prefix and watches from the revision after that list, so that nothing falls
 * between the two; expired leases arrive as deletions. A watch that etcd cancels (its revision was compacted, the token
 * of a user is no longer valid) starts again with a list.
 */
import { readFileSync } from 'node:fs';
import { Etcd3, type IKeyValue, type IOptions, type IWatchResponse, type Watcher } from 'etcd3';
import type { BackendSettings } from '../../config/schema/discovery.ts';
import type { Backend, Session } from '../backend.ts';
import { withLimit } from '../limit.ts';
import { EtcdKeys } from './etcd-keys.ts';
import { servicesPrefix } from './layout.ts';

const CALL_TIMEOUT = 10_000;
/** A list of many services is far above the 4 MiB that gRPC takes otherwise. */
const MAX_MESSAGE = 256 * 1024 * 1024;
/** A connection that died without a word is noticed within 15 s. etcd refuses pings more often than every 5 s. */
const PING_EVERY = 10_000;
const PING_PATIENCE = 5_000;
/** A watch that is ended sooner, again and again, is a fault and no reason to list at once. */
const SHORTEST_WATCH = 1_000;
/** A cluster that does not answer need not confirm the end of a watch. */
const CANCEL_PATIENCE = 500;

export class EtcdBackend implements Backend {
  readonly #settings: BackendSettings['etcd'];
  readonly #prefixes: readonly string[];
  /** For single reads; watches have clients of their own, which end with them. */
  #reader: Etcd3 | null = null;

  constructor(settings: BackendSettings['etcd']) {
    this.#settings = settings;
    this.#prefixes = [...new Set(settings.prefix.map(servicesPrefix))];
  }

  async watch(session: Session): Promise<void> {
    const client = this.#connect();
    try {
      while (!session.signal.aborted) {
        const startedAt = performance.now();
        await this.#listAndWatch(client, session);
        const held = performance.now() - startedAt;
        if (!session.signal.aborted && held < SHORTEST_WATCH)
          throw new Error('etcd ends every watch at once');
      }
    } finally {
      client.close();
    }
  }

  /** Returns when etcd no longer has the revisions that the watch needs: that is no fault, a new list mends it. */
  async #listAndWatch(client: Etcd3, session: Session): Promise<void> {
    const keys = new EtcdKeys(this.#prefixes);
    const revisions: string[] = [];
    for (const prefix of this.#prefixes) {
      const { kvs, header } = await client.getAll().prefix(prefix).exec();
      for (const pair of kvs) keys.put(pair);
      revisions.push(header.revision);
    }
    session.replace(keys.all());

    const watchers: Watcher[] = [];
    try {
      await new Promise<void>((resolve, reject) => {
        session.signal.addEventListener('abort', () => resolve());
        this.#prefixes.forEach((prefix, index) => {
          const next = String(BigInt(revisions[index]!) + 1n);
          // `create()` would answer later, when the first events may be past already.
          const watcher = client.watch().prefix(prefix).startRevision(next).watcher();
          watchers.push(watcher);
          watcher.on('data', (response) => {
            // The library would throw it at the whole process.
            try {
              applyEvents(response, keys, session);
            } catch (error) {
              reject(error as Error);
            }
          });
          watcher.on('error', (error) => (isLeftBehind(error) ? resolve() : reject(error)));
          watcher.on('disconnected', reject);
        });
      });
    } finally {
      await release(watchers);
    }
  }

  async read(key: string): Promise<Uint8Array | null> {
    this.#reader ??= this.#connect();
    return this.#reader.get(key).buffer();
  }

  async close(): Promise<void> {
    this.#reader?.close();
  }

  /** @throws Error when a file of the settings cannot be read */
  #connect(): Etcd3 {
    const { endpoints, username, password, tls } = this.#settings;
    const options: IOptions = {
      hosts: endpoints,
      defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + CALL_TIMEOUT }),
      grpcOptions: {
        'grpc.max_receive_message_length': MAX_MESSAGE,
        // As everything else of the gateway: proxies of the environment are for other programs.
        'grpc.enable_http_proxy': 0,
        'grpc.keepalive_time_ms': PING_EVERY,
        'grpc.keepalive_timeout_ms': PING_PATIENCE,
      },
    };
    if (username !== undefined) options.auth = { username, password: password ?? '' };
    if (tls.ca !== undefined || tls.cert !== undefined) {
      // Without `ca` the authorities of the system count; the library passes what it gets on to gRPC.
      const credentials: { rootCertificate: Buffer | null; privateKey?: Buffer; certChain?: Buffer } = {
        rootCertificate: tls.ca === undefined ? null : readFileSync(tls.ca),
      };
      if (tls.key !== undefined) credentials.privateKey = readFileSync(tls.key);
      if (tls.cert !== undefined) credentials.certChain = readFileSync(tls.cert);
      options.credentials = credentials as NonNullable<IOptions['credentials']>;
    }
    return new Etcd3(options);
  }
}

function applyEvents(response: IWatchResponse, keys: EtcdKeys, session: Session): void {
  for (const { type, kv } of response.events) {
    const change = type === 'Delete' ? keys.delete(kv as IKeyValue) : keys.put(kv as IKeyValue);
    if (change === null) continue;
    if (keys.has(change)) session.set(keys.entry(change));
    else session.delete(change);
  }
}

/**
 * Revisions that the watch still needs were compacted. etcd gives that reason when a watch begins; to one that was held up
 * it gives none (but a number that the library does not pass on).
 */
function isLeftBehind({ message }: Error): boolean {
  return /compacted|^Watcher canceled:\s*$/.test(message);
}

/** The library would go on trying to connect for watchers that it still has. */
async function release(watchers: readonly Watcher[]): Promise<void> {
  const ends = watchers.map((watcher) => {
    watcher.removeAllListeners('disconnected');
    watcher.on('error', () => undefined);
    return watcher.cancel().catch(() => undefined);
  });
  await withLimit(Promise.all(ends), CANCEL_PATIENCE);
}
