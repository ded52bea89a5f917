/** What every discovery backend does: it tells, again and again, the complete list of instances that it knows. */
export {};
//# sourceMappingURL=provider.js.map