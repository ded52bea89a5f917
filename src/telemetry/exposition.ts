/**
 * Primary side: the text that a scrape gets, Prometheus 0.0.4 or OpenMetrics 1.0.0, written by prom-client together with
 * its process and runtime metrics of the primary thread.
 */
import {
  collectDefaultMetrics,
  type Metric,
  type MetricObject,
  Registry,
  type RegistryContentType,
} from 'prom-client';
import type { Exposition, ExpositionFormat } from './exposition-format.ts';
import type { MetricEntry } from './metric-table.ts';
import type { Sample, Series } from './series.ts';

export interface Family {
  readonly name: string;
  readonly entry: MetricEntry;
  readonly samples: readonly Sample[];
  readonly series: readonly Series[];
}

/** What prom-client asks of a registered metric when it renders. */
interface Rendered {
  name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly RenderedValue[];
}

interface RenderedValue {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Formatted once per object and remembered by prom-client, which halves the cost of a histogram. */
  readonly sharedLabels?: Readonly<Record<string, string>>;
  readonly value: number;
}

type RuntimeMetric = MetricObject & { get(): Promise<Omit<Rendered, 'name'>> };

/** Starts to watch the process: `process_*`, and `nodejs_*` of the calling thread. */
export function runtimeMetrics(): Registry {
  const register = new Registry();
  // The default of 10 ms would wake an idle process a hundred times per second.
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: 100 });
  return register;
}

export async function exposition(
  families: readonly Family[],
  runtime: Registry,
  format: ExpositionFormat,
): Promise<Exposition> {
  const registry = new Registry<RegistryContentType>();
  if (format === 'openmetrics') registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  for (const family of families)
    register(registry, family.name, family.entry.help, family.entry.type, valuesOf(family));
  for (const metric of runtime.getMetricsAsArray() as RuntimeMetric[]) {
    const { help, type, values } = await metric.get();
    register(registry, metric.name, help, type, values);
  }
  return { contentType: registry.contentType, body: await registry.metrics() };
}

function valuesOf(family: Family): RenderedValue[] {
  const { name, entry, samples, series } = family;
  const values: RenderedValue[] = samples.map((sample) => ({ labels: sample.labels, value: sample.value }));
  for (const one of series) {
    if (entry.buckets) addHistogram(values, name, entry.buckets, one);
    else values.push({ labels: {}, sharedLabels: one.labels, value: one.value() });
  }
  return values;
}

function addHistogram(
  values: RenderedValue[],
  name: string,
  buckets: readonly number[],
  series: Series,
): void {
  const sharedLabels = series.labels;
  const metricName = `${name}_bucket`;
  let count = 0;
  for (let at = 0; at < buckets.length; at++) {
    count += series.value(at);
    values.push({ metricName, labels: { le: buckets[at] as number }, sharedLabels, value: count });
  }
  count += series.value(buckets.length);
  values.push({ metricName, labels: { le: '+Inf' }, sharedLabels, value: count });
  values.push({
    metricName: `${name}_sum`,
    labels: {},
    sharedLabels,
    value: series.value(buckets.length + 1),
  });
  values.push({ metricName: `${name}_count`, labels: {}, sharedLabels, value: count });
}

/**
 * A registry of its own for each scrape, holding plain results: for OpenMetrics prom-client cuts `_total` off the name
 * of the metric object itself, which would spoil every later scrape in the other format.
 */
function register(
  registry: Registry<RegistryContentType>,
  name: string,
  help: string,
  type: string,
  values: Rendered['values'],
): void {
  const rendered = { name, help, type, values, get: () => rendered };
  registry.registerMetric(rendered as unknown as Metric);
}
