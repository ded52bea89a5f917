/**
 * Primary side: gathers the numbers of all workers, and the primary's own, when someone scrapes. Workers announce where
 * in their region a series lives; nothing is sent per request. When a worker dies its counts are kept, so that no
 * counter ever goes back; its gauges go with it.
 */
import type { Registry } from 'prom-client';
import type { SeriesAnnouncement } from '../shared/messages.ts';
import type { Family } from './exposition.ts';
import type { Exposition, ExpositionFormat } from './exposition-format.ts';
import { METRICS, type MetricEntry, type MetricName, OVERFLOW, UNMATCHED } from './metric-table.ts';
import { Recorder } from './recorder.ts';
import { clearRegion, createRegion, type RegionCells } from './region.ts';
import { type Sample, type Series, SeriesFamily } from './series.ts';

export interface MetricsStoreOptions {
  /** Different values of `route` and of `upstream` that get series of their own; the rest is shown as `__overflow__`. Default 2,000. */
  readonly maxLabelValues?: number;
  /** Label combinations per metric. Default 10,000. */
  readonly maxSeries?: number;
}

/** Labels whose values come from the configuration or discovery and are therefore capped by value, for all metrics alike. */
const CAPPED_LABELS = ['route', 'upstream'] as const;

export class MetricsStore {
  /** For what the primary itself counts. */
  readonly recorder: Recorder;
  readonly #maxLabelValues: number;
  readonly #maxSeries: number;
  readonly #families = new Map<string, SeriesFamily>();
  readonly #collectors = new Map<MetricName, () => Iterable<Sample>>();
  readonly #admitted = new Map<string, Set<string>>(CAPPED_LABELS.map((label) => [label, new Set()]));
  #runtime: Registry | null = null;
  readonly #scrapes = new Map<ExpositionFormat, Promise<Exposition>>();

  constructor(options: MetricsStoreOptions = {}) {
    this.#maxLabelValues = options.maxLabelValues ?? 2_000;
    this.#maxSeries = options.maxSeries ?? 10_000;
    const region = createRegion(512 * 1024);
    const own = this.attach(region);
    this.recorder = new Recorder(region, (series) => own.announce(series));
  }

  /** One life of a worker begins: `region` is what it counts in, zeroed. */
  attach(region: SharedArrayBuffer): WorkerSeries {
    return new WorkerSeries(region, (announcement) => this.#seriesFor(announcement));
  }

  /** Asks for the samples of a metric at every scrape, instead of cells. The table says which metric and labels there are. */
  collect(metric: MetricName, read: () => Iterable<Sample>): void {
    this.#collectors.set(metric, read);
  }

  /** Scrapes that overlap share one result, so that many of them cost no more than one. */
  render(format: ExpositionFormat): Promise<Exposition> {
    let scrape = this.#scrapes.get(format);
    if (scrape === undefined) {
      scrape = this.#scrape(format).finally(() => this.#scrapes.delete(format));
      this.#scrapes.set(format, scrape);
    }
    return scrape;
  }

  async #scrape(format: ExpositionFormat): Promise<Exposition> {
    // Whoever has no Prometheus need not keep its client, 5 MB, in memory.
    const { exposition, runtimeMetrics } = await import('./exposition.ts');
    this.#runtime ??= runtimeMetrics();
    this.recorder.flush();
    const families: Family[] = [];
    for (const name of Object.keys(METRICS) as MetricName[]) {
      const entry: MetricEntry = METRICS[name];
      const read = this.#collectors.get(name);
      const samples = read ? distinct(read(), entry.labels) : [];
      const series = this.#families.get(name)?.read() ?? [];
      if (samples.length + series.length > 0) families.push({ name, entry, samples, series });
    }
    return exposition(families, this.#runtime, format);
  }

  #seriesFor(announcement: SeriesAnnouncement): Series {
    const name = announcement.metric as MetricName;
    const entry: MetricEntry | undefined = METRICS[name];
    if (entry === undefined) throw new Error(`unknown metric ${announcement.metric}`);
    let family = this.#families.get(name);
    if (family === undefined) this.#families.set(name, (family = new SeriesFamily(entry)));

    const labels: Record<string, string> = {};
    for (const label of entry.labels) labels[label] = this.#admit(label, announcement.labels[label] ?? '');
    const known = family.find(labels);
    if (known !== undefined) return known;
    if (family.size < this.#maxSeries) return family.add(labels);
    this.recorder.countOverflow();
    for (const label of entry.labels) labels[label] = OVERFLOW;
    return family.find(labels) ?? family.add(labels);
  }

  /** All metrics agree which routes and upstreams are shown by name, however the workers came to meet them. */
  #admit(label: string, value: string): string {
    const values = this.#admitted.get(label);
    if (values === undefined || values.has(value) || value === UNMATCHED || value === OVERFLOW) return value;
    if (values.size >= this.#maxLabelValues) {
      this.recorder.countOverflow();
      return OVERFLOW;
    }
    values.add(value);
    return value;
  }
}

/** Prometheus refuses a whole scrape in which a series comes twice, so that of two the first is taken. */
function distinct(samples: Iterable<Sample>, labels: readonly string[]): Sample[] {
  const byKey = new Map<string, Sample>();
  for (const sample of samples) {
    const key = labels.map((label) => sample.labels[label]).join('\n');
    if (!byKey.has(key)) byKey.set(key, sample);
  }
  return [...byKey.values()];
}

/** One life of a worker thread, from `attach` to `retire`. */
export class WorkerSeries {
  readonly #region: SharedArrayBuffer;
  readonly #cells: RegionCells;
  readonly #seriesFor: (announcement: SeriesAnnouncement) => Series;
  readonly #series = new Set<Series>();
  #retired = false;

  constructor(region: SharedArrayBuffer, seriesFor: (announcement: SeriesAnnouncement) => Series) {
    this.#region = region;
    this.#cells = new Float64Array(region);
    this.#seriesFor = seriesFor;
  }

  /** The worker began to use these cells. What comes after `retire` is ignored. */
  announce(announcements: readonly SeriesAnnouncement[]): void {
    if (this.#retired) return;
    for (const announcement of announcements) {
      const series = this.#seriesFor(announcement);
      series.place(this.#cells, announcement.cell);
      this.#series.add(series);
    }
  }

  /** The worker is gone: keeps its counts, forgets its gauges, and zeroes the region for a successor. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    for (const series of this.#series) series.retire(this.#cells);
    this.#series.clear();
    clearRegion(this.#region);
  }
}
