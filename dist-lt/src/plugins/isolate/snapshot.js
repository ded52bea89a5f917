export function snapshotOf({ request, requestId, traceId, route }) {
    return {
        request: {
            method: request.method,
            target: request.target,
            path: request.path,
            query: request.query,
            host: request.host,
            scheme: request.scheme,
            httpVersion: request.httpVersion,
            clientIp: request.clientIp,
            peerIp: request.peerIp,
            fromTrustedProxy: request.fromTrustedProxy,
            hasBody: request.hasBody,
            tls: tlsOf(request.tls),
            headers: flatten(request.headers),
        },
        requestId,
        traceId,
        route: { id: route.id, path: route.path, params: { ...route.params } },
    };
}
/** A copy as plain data: the original reads from the connection. */
function tlsOf(tls) {
    if (tls === null)
        return null;
    const { serverName, version, cipher, alpn, resumed, certificate } = tls;
    return { serverName, version, cipher, alpn, resumed, certificate };
}
export function flatten(headers) {
    const flat = [];
    for (const [name, value] of headers.entries())
        flat.push(name, value);
    return flat;
}
export function applyEdits(headers, edits) {
    for (const edit of edits) {
        if (edit.edit === 'delete')
            headers.delete(edit.name);
        else
            headers[edit.edit](edit.name, edit.value);
    }
}
//# sourceMappingURL=snapshot.js.map