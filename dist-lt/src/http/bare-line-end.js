/**
 * A bare LF or bare CR in a head that is not complete yet (rule A7): it will never be complete, so waiting for more would
 * be a silent hang.
 */
export const BARE_LINE_END = /(?:^|[^\r])\n|\r[^\n]/;
//# sourceMappingURL=bare-line-end.js.map