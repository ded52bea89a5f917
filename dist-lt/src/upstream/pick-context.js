export {};
//# sourceMappingURL=pick-context.js.map