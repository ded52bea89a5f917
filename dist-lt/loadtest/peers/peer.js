/** More than the idle case opens, so that no proxy is short of connections. */
export const MAX_CONNECTIONS = 16_384;
//# sourceMappingURL=peer.js.map