export {};
//# sourceMappingURL=upstream-pool.js.map