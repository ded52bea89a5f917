/**
 * Worker side: the memory in which one worker thread counts. Only the owner writes, with plain loads and stores; the
 * primary reads whenever it is scraped. Cells are 8-byte aligned, so a reader sees the old or the new number, never half
 * of each, and may lag by a few increments, which a scrape cannot notice.
 */
/** Pages that are never touched cost nothing, so that the size is generous: room for about 25,000 routes x methods. */
export const REGION_BYTES = 4 * 1024 * 1024;
/**
 * Kept back for the series labelled `__overflow__`, so that counting goes on when the rest is full: the overflow route
 * needs at most 8 methods x (501 statuses + one histogram).
 */
const RESERVED_CELLS = 8_192;
/** Cell 0 takes what nobody may see; cells 1 and 2 say how far the two parts are used, for `clearRegion`. */
export const SCRAP_CELL = 0;
const NEXT_FREE = 1;
const NEXT_RESERVED = 2;
const FIRST_CELL = 3;
export function createRegion(bytes = REGION_BYTES) {
    return new SharedArrayBuffer(bytes);
}
/** Hands out cells of a region; used by the owning worker alone. Cells are never given back: a region ends with its worker. */
export class RegionAllocator {
    cells;
    #reservedFrom;
    /** `region` must be zeroed: new, or after `clearRegion`. */
    constructor(region) {
        this.cells = new Float64Array(region);
        this.#reservedFrom = Math.max(FIRST_CELL, this.cells.length - RESERVED_CELLS);
        this.cells[NEXT_FREE] = FIRST_CELL;
        this.cells[NEXT_RESERVED] = this.#reservedFrom;
    }
    /** Index of the first of `count` neighbouring cells, or -1 when the region is full. */
    allocate(count) {
        const first = this.cells[NEXT_FREE];
        if (first + count > this.#reservedFrom)
            return -1;
        this.cells[NEXT_FREE] = first + count;
        return first;
    }
    /** The same out of the reserve. */
    allocateReserved(count) {
        const first = this.cells[NEXT_RESERVED];
        if (first + count > this.cells.length)
            return -1;
        this.cells[NEXT_RESERVED] = first + count;
        return first;
    }
}
/** Makes the region of a dead worker ready for its successor; touches only the pages that were used. */
export function clearRegion(region) {
    const cells = new Float64Array(region);
    const reservedFrom = Math.max(FIRST_CELL, cells.length - RESERVED_CELLS);
    const reservedTo = cells[NEXT_RESERVED];
    if (reservedTo > reservedFrom)
        cells.fill(0, reservedFrom, reservedTo);
    cells.fill(0, 0, cells[NEXT_FREE]);
}
//# sourceMappingURL=region.js.map