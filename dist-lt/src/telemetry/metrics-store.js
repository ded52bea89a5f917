import { METRICS, OVERFLOW, UNMATCHED } from './metric-table.js';
import { Recorder } from './recorder.js';
import { clearRegion, createRegion } from './region.js';
import { SeriesFamily } from './series.js';
/** Labels whose values come from the configuration or discovery and are therefore capped by value, for all metrics alike. */
const CAPPED_LABELS = ['route', 'upstream'];
export class MetricsStore {
    /** For what the primary itself counts. */
    recorder;
    #maxLabelValues;
    #maxSeries;
    #families = new Map();
    #collectors = new Map();
    #admitted = new Map(CAPPED_LABELS.map((label) => [label, new Set()]));
    #runtime = null;
    #scrapes = new Map();
    constructor(options = {}) {
        this.#maxLabelValues = options.maxLabelValues ?? 2_000;
        this.#maxSeries = options.maxSeries ?? 10_000;
        const region = createRegion(512 * 1024);
        const own = this.attach(region);
        this.recorder = new Recorder(region, (series) => own.announce(series));
    }
    /** One life of a worker begins: `region` is what it counts in, zeroed. */
    attach(region) {
        return new WorkerSeries(region, (announcement) => this.#seriesFor(announcement));
    }
    /** Asks for the samples of a metric at every scrape, instead of cells. The table says which metric and labels there are. */
    collect(metric, read) {
        this.#collectors.set(metric, read);
    }
    /** Scrapes that overlap share one result, so that many of them cost no more than one. */
    render(format) {
        let scrape = this.#scrapes.get(format);
        if (scrape === undefined) {
            scrape = this.#scrape(format).finally(() => this.#scrapes.delete(format));
            this.#scrapes.set(format, scrape);
        }
        return scrape;
    }
    async #scrape(format) {
        // Whoever has no Prometheus need not keep its client, 5 MB, in memory.
        const { exposition, runtimeMetrics } = await import('./exposition.js');
        this.#runtime ??= runtimeMetrics();
        this.recorder.flush();
        const families = [];
        for (const name of Object.keys(METRICS)) {
            const entry = METRICS[name];
            const read = this.#collectors.get(name);
            const samples = read ? distinct(read(), entry.labels) : [];
            const series = this.#families.get(name)?.read() ?? [];
            if (samples.length + series.length > 0)
                families.push({ name, entry, samples, series });
        }
        return exposition(families, this.#runtime, format);
    }
    #seriesFor(announcement) {
        const name = announcement.metric;
        const entry = METRICS[name];
        if (entry === undefined)
            throw new Error(`unknown metric ${announcement.metric}`);
        let family = this.#families.get(name);
        if (family === undefined)
            this.#families.set(name, (family = new SeriesFamily(entry)));
        const labels = {};
        for (const label of entry.labels)
            labels[label] = this.#admit(label, announcement.labels[label] ?? '');
        const known = family.find(labels);
        if (known !== undefined)
            return known;
        if (family.size < this.#maxSeries)
            return family.add(labels);
        this.recorder.countOverflow();
        for (const label of entry.labels)
            labels[label] = OVERFLOW;
        return family.find(labels) ?? family.add(labels);
    }
    /** All metrics agree which routes and upstreams are shown by name, however the workers came to meet them. */
    #admit(label, value) {
        const values = this.#admitted.get(label);
        if (values === undefined || values.has(value) || value === UNMATCHED || value === OVERFLOW)
            return value;
        if (values.size >= this.#maxLabelValues) {
            this.recorder.countOverflow();
            return OVERFLOW;
        }
        values.add(value);
        return value;
    }
}
/** Prometheus refuses a whole scrape in which a series comes twice, so that of two the first is taken. */
function distinct(samples, labels) {
    const byKey = new Map();
    for (const sample of samples) {
        const key = labels.map((label) => sample.labels[label]).join('\n');
        if (!byKey.has(key))
            byKey.set(key, sample);
    }
    return [...byKey.values()];
}
/** One life of a worker thread, from `attach` to `retire`. */
export class WorkerSeries {
    #region;
    #cells;
    #seriesFor;
    #series = new Set();
    #retired = false;
    constructor(region, seriesFor) {
        this.#region = region;
        this.#cells = new Float64Array(region);
        this.#seriesFor = seriesFor;
    }
    /** The worker began to use these cells. What comes after `retire` is ignored. */
    announce(announcements) {
        if (this.#retired)
            return;
        for (const announcement of announcements) {
            const series = this.#seriesFor(announcement);
            series.place(this.#cells, announcement.cell);
            this.#series.add(series);
        }
    }
    /** The worker is gone: keeps its counts, forgets its gauges, and zeroes the region for a successor. */
    retire() {
        if (this.#retired)
            return;
        this.#retired = true;
        for (const series of this.#series)
            series.retire(this.#cells);
        this.#series.clear();
        clearRegion(this.#region);
    }
}
//# sourceMappingURL=metrics-store.js.map