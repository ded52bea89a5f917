/** One plain sentence each; empty when everything configured is active. */
export function inactiveFeatures(config) {
    const sentences = [];
    const { discovery, farp, observability } = config;
    if (discovery.backend !== undefined) {
        sentences.push(`Discovery through ${discovery.backend} is not active yet: only the upstreams in the files are known.`);
    }
    if (farp.enabled) {
        sentences.push('FARP is not active yet: routes come from the files alone.');
    }
    if (observability.tracing.enabled) {
        sentences.push('Export of traces is not active yet: the trace context of requests is passed on, but no spans are sent.');
    }
    return sentences;
}
//# sourceMappingURL=inactive.js.map