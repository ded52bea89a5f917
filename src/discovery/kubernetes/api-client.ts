/**
 * Lists and watches over the Kubernetes API. That is all that discovery needs of it: the official client brings 65 packages
 * and 80 MB, and its current version does not run on Node.js 20.
 */
import { Agent, type Dispatcher, request } from 'undici';
import { isObject, type JsonObject, listOf, objectOf, stringOf } from '../../shared/json.ts';
import type { Cluster, Credentials } from './cluster.ts';

export interface ListPage {
  readonly items: readonly JsonObject[];
  readonly resourceVersion: string;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: JsonObject;
}

/** The server no longer has what happened since the version that a watch or a page begins at (410). */
export class ExpiredError extends Error {}

const CALL_TIMEOUT = 15_000;
const PAGE = 500;
/** The server ends a watch after this time, and sends a bookmark about every minute before. Seconds. */
const WATCH_SECONDS = 300;
/** A connection on which nothing came for longer is dead. */
const WATCH_SILENCE = (WATCH_SECONDS + 30) * 1_000;
/** One object; the API server takes none above 3 MiB. */
const MAX_LINE = 16 * 1024 * 1024;

export class ApiClient {
  readonly #cluster: Cluster;
  #agent: Agent | null = null;
  #certificate: string | null = null;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** The whole list, in pages. @throws ExpiredError, Error */
  async list(path: string, selector: string, signal: AbortSignal): Promise<ListPage> {
    const items: JsonObject[] = [];
    let token = '';
    for (;;) {
      const query = { labelSelector: selector, limit: String(PAGE), continue: token };
      const { body } = await this.#get(path, query, signal, CALL_TIMEOUT);
      const page = objectOf(await body.json());
      items.push(...listOf(page['items']).filter(isObject));
      const metadata = objectOf(page['metadata']);
      token = stringOf(metadata['continue']);
      if (token === '') return { items, resourceVersion: stringOf(metadata['resourceVersion']) };
    }
  }

  /** Ends when the server ends it, which it does regularly. @throws ExpiredError, Error */
  async *watch(
    path: string,
    selector: string,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    const query = {
      labelSelector: selector,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      timeoutSeconds: String(WATCH_SECONDS),
    };
    const { body } = await this.#get(path, query, signal, WATCH_SILENCE);
    let rest = '';
    for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) throw new Error('the API server sends an object that is too large');
      for (const line of lines) {
        if (line !== '') yield eventOf(line);
      }
    }
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
  }

  async #get(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
    bodyTimeout: number,
  ): Promise<Dispatcher.ResponseData> {
    const url = new URL(this.#cluster.server + path);
    for (const [name, value] of Object.entries(query)) if (value !== '') url.searchParams.set(name, value);
    const credentials = await this.#cluster.credentials();
    const response = await request(url, {
      dispatcher: this.#agentFor(credentials),
      signal,
      headersTimeout: CALL_TIMEOUT,
      bodyTimeout,
      headers: {
        accept: 'application/json',
        ...(credentials.token === '' ? {} : { authorization: `Bearer ${credentials.token}` }),
      },
    });
    if (response.statusCode === 200) return response;
    const status = objectOf(await response.body.json().catch(() => null));
    throw faultOf(response.statusCode, stringOf(status['message']), path);
  }

  /** Client certificates of programs change now and then. */
  #agentFor({ cert, key }: Credentials): Agent {
    if (this.#agent !== null && this.#certificate === cert) return this.#agent;
    void this.#agent?.close();
    const { ca, verify, serverName } = this.#cluster;
    this.#certificate = cert;
    this.#agent = new Agent({
      connect: {
        timeout: CALL_TIMEOUT,
        rejectUnauthorized: verify,
        ...(ca === null ? {} : { ca }),
        ...(cert === null || key === null ? {} : { cert, key }),
        ...(serverName === null ? {} : { servername: serverName }),
      },
    });
    return this.#agent;
  }
}

function eventOf(line: string): WatchEvent {
  const event = objectOf(JSON.parse(line));
  const object = objectOf(event['object']);
  if (event['type'] === 'ERROR') throw faultOf(Number(object['code']), stringOf(object['message']), 'watch');
  return { type: event['type'] as WatchEvent['type'], object };
}

function faultOf(code: number, message: string, path: string): Error {
  if (code === 410) return new ExpiredError(message);
  const hint = code === 403 ? '; its service account needs the rights in docs/discovery/kubernetes.md' : '';
  return new Error(`the API server answers ${code} to ${path}: ${message || 'no reason given'}${hint}`);
}
