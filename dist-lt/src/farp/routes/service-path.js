export {};
//# sourceMappingURL=service-path.js.map