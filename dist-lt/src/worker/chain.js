/** The plugins of one route, sorted out by hook once, so that an exchange only touches what is there. */
export class Chain {
    preflight;
    onRequest;
    onRequestBody;
    onUpstreamRequest;
    /** In reverse order, as all response hooks. */
    onResponse;
    onResponseBody;
    /** Those that take a body piece by piece: for streams that nobody can wait for to end. */
    onStreamBody;
    onEnd;
    constructor(plugins) {
        const links = plugins.map((plugin) => link(plugin, 0));
        const reversed = links.toReversed();
        this.preflight = plugins
            .filter((plugin) => plugin.definition.preflight === true)
            .map((plugin) => link(plugin, 0));
        this.onRequest = links.filter(({ hooks }) => hooks.onRequest !== undefined);
        this.onRequestBody = plugins
            .map((plugin) => link(plugin, plugin.definition.wholeBody?.request ?? 0))
            .filter(({ hooks }) => hooks.onRequestBody !== undefined);
        this.onUpstreamRequest = links.filter(({ hooks }) => hooks.onUpstreamRequest !== undefined);
        this.onResponse = reversed.filter(({ hooks }) => hooks.onResponse !== undefined);
        this.onResponseBody = plugins
            .toReversed()
            .map((plugin) => link(plugin, plugin.definition.wholeBody?.response ?? 0))
            .filter(({ hooks }) => hooks.onResponseBody !== undefined);
        this.onStreamBody = this.onResponseBody.filter(({ wholeBody }) => wholeBody === 0);
        this.onEnd = links.filter(({ hooks }) => hooks.onEnd !== undefined);
    }
}
function link(plugin, wholeBody) {
    return { name: plugin.name, hooks: plugin.hooks, wholeBody };
}
export function isPromise(value) {
    return (typeof value === 'object' && value !== null && typeof value.then === 'function');
}
//# sourceMappingURL=chain.js.map