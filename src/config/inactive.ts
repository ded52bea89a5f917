/** What a configuration asks for, or might mean, and does not get. `run` prints it, so that nobody believes otherwise. */
import type { Config } from './schema/schema.ts';

/** One plain sentence each; empty when everything configured is active. */
export function inactiveFeatures(config: Config): string[] {
  const sentences: string[] = [];
  const { observability, server } = config;
  if (server.engine === 'uws') {
    sentences.push(
      'The engine uws serves HTTP/1.1 only: no HTTP/2, gRPC, WebSocket, client certificates, HTTP/1.0 or chunked request bodies. For those use "engine: builtin".',
    );
  }
  if (observability.tracing.enabled) {
    sentences.push(
      'Export of traces is not active yet: the trace context of requests is passed on, but no spans are sent.',
    );
  }
  return sentences;
}
