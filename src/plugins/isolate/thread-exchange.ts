import { HeaderBlock } from '../../http/header-block.ts';
import type { HeaderView, PluginExchange, PluginRequest } from '../api.ts';
import type { ExchangeSnapshot, FlatHeaders, HeaderEdit } from './messages.ts';

/** A copy of a message's fields that remembers what was changed. */
export class RecordingHeaders implements HeaderView {
  readonly #block = new HeaderBlock();
  #edits: HeaderEdit[] = [];

  constructor(fields: FlatHeaders) {
    let lines = '';
    for (let i = 0; i < fields.length; i += 2) lines += `${fields[i]}: ${fields[i + 1]}\r\n`;
    this.#block.load(lines);
  }

  /** The changes since the last call. */
  takeEdits(): HeaderEdit[] {
    const edits = this.#edits;
    this.#edits = [];
    return edits;
  }

  get(name: string): string | undefined {
    return this.#block.get(name);
  }

  getAll(name: string): string[] {
    return this.#block.getAll(name);
  }

  has(name: string): boolean {
    return this.#block.has(name);
  }

  set(name: string, value: string): void {
    this.#block.set(name, value);
    this.#edits.push({ edit: 'set', name, value });
  }

  append(name: string, value: string): void {
    this.#block.append(name, value);
    this.#edits.push({ edit: 'append', name, value });
  }

  delete(name: string): void {
    this.#block.delete(name);
    this.#edits.push({ edit: 'delete', name });
  }

  entries(): Iterable<readonly [name: string, value: string]> {
    return this.#block.entries();
  }
}

/** An exchange inside the thread; it lives from its first hook there to its end. */
export class ThreadExchange implements PluginExchange {
  readonly request: PluginRequest;
  readonly headers: RecordingHeaders;
  readonly traceId: string;
  readonly route: PluginExchange['route'];
  readonly locals = new Map<unknown, unknown>();
  requestId: string;

  constructor({ request, requestId, traceId, route }: ExchangeSnapshot) {
    this.headers = new RecordingHeaders(request.headers);
    this.request = { ...request, headers: this.headers };
    this.requestId = requestId;
    this.traceId = traceId;
    this.route = route;
  }
}
