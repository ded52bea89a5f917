export {};
//# sourceMappingURL=byte-stream.js.map