import { METRICS, OVERFLOW, } from './metric-table.js';
import { RegionAllocator, SCRAP_CELL } from './region.js';
/** One metric may not use up the region: beyond this its new label combinations are counted as `__overflow__`. */
export const MAX_SERIES_PER_METRIC = 10_000;
/** One number of the region. */
export class Cell {
    #cells;
    #index;
    constructor(cells, index) {
        this.#cells = cells;
        this.#index = index;
    }
    get value() {
        return this.#cells[this.#index];
    }
    add(amount) {
        this.#cells[this.#index] += amount;
    }
    set(value) {
        this.#cells[this.#index] = value;
    }
}
export class SeriesCells {
    cells;
    #allocator;
    #announce;
    #singles = new Map();
    #seriesOf = new Map();
    #overflowed;
    #pending = [];
    constructor(region, announce) {
        this.#allocator = new RegionAllocator(region);
        this.cells = this.#allocator.cells;
        this.#announce = announce;
        this.#overflowed = this.counter('octopus_metric_series_overflowed_total', {});
    }
    counter(metric, labels) {
        return this.#single(metric, labels);
    }
    gauge(metric, labels) {
        return this.#single(metric, labels);
    }
    /** Neighbouring cells for a series of which the caller knows that it is new; -1 when the region is full. */
    allocate(metric, labels, count) {
        return this.#announced(this.#allocator.allocate(count), metric, labels);
    }
    /** The same for a series labelled `__overflow__`. */
    allocateReserved(metric, labels, count) {
        return this.#announced(this.#allocator.allocateReserved(count), metric, labels);
    }
    /** A series was counted as `__overflow__`. */
    countOverflow() {
        this.#overflowed.add(1);
    }
    /** Announces at once what would be announced at the end of this turn of the event loop. */
    flush() {
        if (this.#pending.length === 0)
            return;
        const series = this.#pending;
        this.#pending = [];
        this.#announce(series);
    }
    #announced(cell, metric, labels) {
        if (cell < 0)
            return cell;
        if (this.#pending.length === 0)
            setImmediate(() => this.flush());
        this.#pending.push({ metric, labels, cell });
        return cell;
    }
    #single(metric, labels) {
        const key = seriesKey(metric, labels);
        const known = this.#singles.get(key);
        if (known !== undefined)
            return known;
        const used = this.#seriesOf.get(metric) ?? 0;
        const index = used < MAX_SERIES_PER_METRIC ? this.allocate(metric, labels, 1) : -1;
        if (index < 0)
            return this.#overflowCell(metric);
        this.#seriesOf.set(metric, used + 1);
        const cell = new Cell(this.cells, index);
        this.#singles.set(key, cell);
        return cell;
    }
    #overflowCell(metric) {
        this.countOverflow();
        const labels = Object.fromEntries(METRICS[metric].labels.map((name) => [name, OVERFLOW]));
        const key = seriesKey(metric, labels);
        let cell = this.#singles.get(key);
        if (cell === undefined) {
            const index = this.allocateReserved(metric, labels, 1);
            cell = new Cell(this.cells, index < 0 ? SCRAP_CELL : index);
            this.#singles.set(key, cell);
        }
        return cell;
    }
}
function seriesKey(metric, labels) {
    let key = metric;
    for (const name of METRICS[metric].labels)
        key += `\n${labels[name]}`;
    return key;
}
//# sourceMappingURL=series-cells.js.map