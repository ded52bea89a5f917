/** What a configuration asks for and this version cannot do yet. `run` prints it, so that nobody believes otherwise. */
import { backendSettings, configuredBackends } from './schema/discovery.ts';
import type { Config } from './schema/schema.ts';

/** One plain sentence each; empty when everything configured is active. */
export function inactiveFeatures(config: Config): string[] {
  const sentences: string[] = [];
  const { discovery, observability } = config;
  for (const backend of configuredBackends(discovery)) {
    if (Object.hasOwn(backendSettings, backend)) continue;
    sentences.push(
      `Discovery through ${backend} is not active yet: only the upstreams in the files are known.`,
    );
  }
  if (observability.tracing.enabled) {
    sentences.push(
      'Export of traces is not active yet: the trace context of requests is passed on, but no spans are sent.',
    );
  }
  return sentences;
}
