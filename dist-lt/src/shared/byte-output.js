export {};
//# sourceMappingURL=byte-output.js.map