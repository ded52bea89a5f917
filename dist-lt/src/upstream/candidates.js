export class Candidates {
    endpoints;
    /** Index in `endpoints` of the candidate at each position from 0 to `count - 1`, ascending. */
    indexes;
    slots;
    weights;
    /** Sum of the weights up to and including a position. */
    cumulated;
    count = 0;
    totalWeight = 0;
    /** All candidates weigh the same. */
    even = true;
    constructor(endpoints) {
        this.endpoints = endpoints;
        this.indexes = new Int32Array(endpoints.length);
        this.slots = new Int32Array(endpoints.length);
        this.weights = new Float64Array(endpoints.length);
        this.cumulated = new Float64Array(endpoints.length);
    }
    clear() {
        this.count = 0;
        this.totalWeight = 0;
        this.even = true;
    }
    add(index) {
        const { weight, slot } = this.endpoints[index];
        if (this.count > 0 && weight !== this.totalWeight / this.count)
            this.even = false;
        this.totalWeight += weight;
        this.indexes[this.count] = index;
        this.slots[this.count] = slot;
        this.weights[this.count] = weight;
        this.cumulated[this.count] = this.totalWeight;
        this.count++;
    }
    /** Takes over what `other` holds, without the indexes in `avoid`. */
    fillWithout(other, avoid) {
        this.clear();
        for (let position = 0; position < other.count; position++) {
            const index = other.indexes[position];
            if (!avoid.includes(index))
                this.add(index);
        }
    }
    /** The position whose share of the weights holds `fraction`, which is from 0 to below 1. */
    positionAt(fraction) {
        if (this.even)
            return Math.floor(fraction * this.count);
        const target = fraction * this.totalWeight;
        let low = 0;
        let high = this.count - 1;
        while (low < high) {
            const middle = (low + high) >>> 1;
            if (this.cumulated[middle] > target)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
//# sourceMappingURL=candidates.js.map