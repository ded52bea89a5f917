export {};
//# sourceMappingURL=plane.js.map