/**
 * Primary side: the text that a scrape gets, Prometheus 0.0.4 or OpenMetrics 1.0.0, written by prom-client together with
 * its process and runtime metrics of the primary thread.
 */
import { collectDefaultMetrics, Registry, } from 'prom-client';
/** Starts to watch the process: `process_*`, and `nodejs_*` of the calling thread. */
export function runtimeMetrics() {
    const register = new Registry();
    // The default of 10 ms would wake an idle process a hundred times per second.
    collectDefaultMetrics({ register, eventLoopMonitoringPrecision: 100 });
    return register;
}
export async function exposition(families, runtime, format) {
    const registry = new Registry();
    if (format === 'openmetrics')
        registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    for (const family of families)
        register(registry, family.name, family.entry.help, family.entry.type, valuesOf(family));
    for (const metric of runtime.getMetricsAsArray()) {
        const { help, type, values } = await metric.get();
        register(registry, metric.name, help, type, values);
    }
    return { contentType: registry.contentType, body: await registry.metrics() };
}
function valuesOf(family) {
    const { name, entry, samples, series } = family;
    const values = samples.map((sample) => ({ labels: sample.labels, value: sample.value }));
    for (const one of series) {
        if (entry.buckets)
            addHistogram(values, name, entry.buckets, one);
        else
            values.push({ labels: {}, sharedLabels: one.labels, value: one.value() });
    }
    return values;
}
function addHistogram(values, name, buckets, series) {
    const sharedLabels = series.labels;
    const metricName = `${name}_bucket`;
    let count = 0;
    for (let at = 0; at < buckets.length; at++) {
        count += series.value(at);
        values.push({ metricName, labels: { le: buckets[at] }, sharedLabels, value: count });
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
function register(registry, name, help, type, values) {
    const rendered = { name, help, type, values, get: () => rendered };
    registry.registerMetric(rendered);
}
//# sourceMappingURL=exposition.js.map