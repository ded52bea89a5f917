/** What goes into merged documents. Plain data: the work is done in another thread. */
export {};
//# sourceMappingURL=model.js.map