/**
 * The memory that all threads share. Regions are sized once at start for the largest gateway supported; pages that are
 * never touched cost nothing.
 */
export const MAX_WORKERS = 64;
export const MAX_ENDPOINTS = 16_384;
export const MAX_UPSTREAMS = 8_192;
//# sourceMappingURL=memory.js.map