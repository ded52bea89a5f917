import { createHash } from 'node:crypto';
import type { Piscina } from 'piscina';
import type { MergeTask } from './merge-task.ts';
import type { MergeInput } from './model.ts';

export type DocumentKind = 'openapi' | 'asyncapi';
export type DocumentFormat = 'json' | 'yaml';

export interface DocumentSource {
  /** Equal keys mean equal documents. */
  readonly key: string;
  /** Asked for only when there is something new to merge. */
  input(): MergeInput;
}

export interface DocumentText {
  readonly body: string;
  /** Strong, with quotes. */
  readonly etag: string;
}

/** The threads are kept for whoever looks at another document next. Milliseconds. */
const IDLE_TIMEOUT = 5_000;
/** Texts with addresses filled in; whoever asks under more host names than this waits for a hash. */
const MAX_TEXTS = 16;

/** Merges when somebody asks and something has changed since, and keeps the result. */
export class MergedDocuments {
  readonly #source: () => DocumentSource;
  readonly #merged = new Map<string, { readonly key: string; readonly text: Promise<string> }>();
  readonly #texts = new Map<string, DocumentText>();
  #pool: Promise<Piscina<MergeTask, string>> | null = null;

  constructor(source: () => DocumentSource) {
    this.#source = source;
  }

  /** @param origin where the gateway can be reached: scheme, host and port. Rejects when the merge fails. */
  async get(kind: DocumentKind, format: DocumentFormat, origin: string): Promise<DocumentText> {
    const source = this.#source();
    const cacheKey = `${kind} ${format} ${origin} ${source.key}`;
    const known = this.#texts.get(cacheKey);
    if (known !== undefined) return known;
    const text = await this.#text(kind, format, source);
    const body = withServers(text, kind, format, origin);
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
    const [oldest] = this.#texts.keys();
    if (this.#texts.size >= MAX_TEXTS && oldest !== undefined) this.#texts.delete(oldest);
    this.#texts.set(cacheKey, { body, etag });
    return { body, etag };
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    await (await pool)?.destroy();
  }

  /** Everyone who asks meanwhile waits for the same merge. */
  #text(kind: DocumentKind, format: DocumentFormat, source: DocumentSource): Promise<string> {
    const slot = `${kind} ${format}`;
    const known = this.#merged.get(slot);
    if (known?.key === source.key) return known.text;
    const text =
      format === 'json'
        ? this.#run({ kind, input: source.input() })
        : this.#text(kind, 'json', source).then((json) => this.#run({ kind: 'yaml', json }));
    const entry = { key: source.key, text };
    this.#merged.set(slot, entry);
    // The next one who asks tries again.
    text.catch(() => this.#merged.get(slot) === entry && this.#merged.delete(slot));
    return text;
  }

  async #run(task: MergeTask): Promise<string> {
    this.#pool ??= createPool();
    return (await this.#pool).run(task);
  }
}

async function createPool(): Promise<Piscina<MergeTask, string>> {
  const { Piscina } = await import('piscina');
  return new Piscina<MergeTask, string>({
    filename: new URL('./merge-task.js', import.meta.url).href,
    name: 'runMergeTask',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_TIMEOUT,
  });
}

/**
 * The merged texts have no servers. Only the outermost member can look like this: quotes within strings are escaped, and
 * everything else in YAML is indented.
 */
function withServers(text: string, kind: DocumentKind, format: DocumentFormat, origin: string): string {
  if (kind === 'openapi') {
    return format === 'json'
      ? text.replace('"servers":[]', () => `"servers":[{"url":${JSON.stringify(origin)}}]`)
      : text.replace('\nservers: []\n', () => `\nservers:\n  - url: ${JSON.stringify(origin)}\n`);
  }
  const { host, protocol } = new URL(origin);
  const scheme = protocol === 'https:' ? 'wss' : 'ws';
  return format === 'json'
    ? text.replace(
        '"servers":{}',
        () => `"servers":{"gateway":{"host":${JSON.stringify(host)},"protocol":"${scheme}"}}`,
      )
    : text.replace(
        '\nservers: {}\n',
        () => `\nservers:\n  gateway:\n    host: ${JSON.stringify(host)}\n    protocol: ${scheme}\n`,
      );
}
