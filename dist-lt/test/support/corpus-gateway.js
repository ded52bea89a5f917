import { okResponse, RecordingOrigin } from './origin.js';
import { valuesOf } from './wire.js';
/** The origin behind all request cases: it shows the marker of a probe to its sender. */
export function corpusOrigin() {
    const answer = (request) => request.target === '/probe'
        ? okResponse('probe', ['X-Probe-Answer', valuesOf(request.fields, 'x-probe')[0] ?? ''])
        : okResponse('ok');
    return new RecordingOrigin(answer).listen();
}
/** Forwards everything to the origin as it came, but for `/respond/`, which the gateway answers itself. */
export function corpusConfig(originAddress) {
    return {
        routing: { timeout: '20s', retries: 0 },
        upstreams: [{ name: 'origin', endpoints: [originAddress] }],
        routes: [
            { path: '/respond/*', priority: 1, respond: { status: 200, body: 'made here' } },
            { path: '/*', upstream: 'origin', preserve_host: true },
        ],
    };
}
//# sourceMappingURL=corpus-gateway.js.map