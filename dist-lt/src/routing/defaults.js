export {};
//# sourceMappingURL=defaults.js.map