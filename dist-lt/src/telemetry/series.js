export class SeriesFamily {
    #entry;
    #width;
    #byKey = new Map();
    constructor(entry) {
        this.#entry = entry;
        // A histogram has a cell per bucket, one for +Inf and one for the sum (recorder.ts).
        this.#width = entry.type === 'histogram' ? (entry.buckets?.length ?? 0) + 2 : 1;
    }
    get size() {
        return this.#byKey.size;
    }
    find(labels) {
        return this.#byKey.get(this.#key(labels));
    }
    add(labels) {
        const series = new Series(labels, this.#width, this.#entry.type === 'gauge');
        this.#byKey.set(this.#key(labels), series);
        return series;
    }
    /** Series with their values; gauges that no living worker feeds are dropped. */
    read() {
        const live = [];
        for (const [key, series] of this.#byKey) {
            if (series.isGone)
                this.#byKey.delete(key);
            else
                live.push(series);
        }
        return live;
    }
    #key(labels) {
        let key = '';
        for (const name of this.#entry.labels)
            key += `${labels[name]}\n`;
        return key;
    }
}
/** One label combination of one metric over all workers, dead ones included. */
export class Series {
    labels;
    #isGauge;
    #past;
    #regions = [];
    #firstCells = [];
    constructor(labels, width, isGauge) {
        this.labels = labels;
        this.#isGauge = isGauge;
        this.#past = new Float64Array(width);
    }
    get isGone() {
        return this.#isGauge && this.#regions.length === 0;
    }
    /** Sum of the cells at that distance from the first. */
    value(offset = 0) {
        let sum = this.#past[offset];
        for (let at = 0; at < this.#regions.length; at++) {
            sum += this.#regions[at][this.#firstCells[at] + offset];
        }
        return sum;
    }
    place(cells, first) {
        this.#regions.push(cells);
        this.#firstCells.push(first);
    }
    retire(cells) {
        const keptRegions = [];
        const keptCells = [];
        for (let at = 0; at < this.#regions.length; at++) {
            const region = this.#regions[at];
            const first = this.#firstCells[at];
            if (region !== cells) {
                keptRegions.push(region);
                keptCells.push(first);
            }
            else if (!this.#isGauge) {
                for (let offset = 0; offset < this.#past.length; offset++) {
                    this.#past[offset] += region[first + offset];
                }
            }
        }
        this.#regions = keptRegions;
        this.#firstCells = keptCells;
    }
}
//# sourceMappingURL=series.js.map