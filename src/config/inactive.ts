/** What a configuration asks for and this version cannot do yet. `run` prints it, so that nobody believes otherwise. */
import type { Config } from './schema/schema.ts';

/** One plain sentence each; empty when everything configured is active. */
export function inactiveFeatures(config: Config): string[] {
  const sentences: string[] = [];
  const { observability } = config;
  if (observability.tracing.enabled) {
    sentences.push(
      'Export of traces is not active yet: the trace context of requests is passed on, but no spans are sent.',
    );
  }
  return sentences;
}
