import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
/** Below that a client gains nothing from compression. */
const GZIP_FROM_BYTES = 2_048;
/** Elements of a list that are turned into JSON in one go; then other work gets its turn. */
const LIST_BATCH = 500;
const compress = promisify(gzip);
/** Nothing here may be kept, framed, sniffed or read by another site's page. */
const COMMON_HEADERS = {
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'",
};
export function sendJson(request, response, status, body) {
    send(request, response, status, 'application/json', `${JSON.stringify(body, null, 2)}\n`);
}
/** RFC 9457. `about:blank`: the status says it all, `title` and `detail` are for people. */
export function sendProblem(request, response, problem) {
    const { status, title, detail, headers, members } = problem;
    const body = `${JSON.stringify({ type: 'about:blank', title, status, detail, ...members }, null, 2)}\n`;
    send(request, response, status, 'application/problem+json', body, headers);
}
/** `HEAD` gets the header fields alone. */
export function send(request, response, status, contentType, body, headers = {}) {
    response.writeHead(status, {
        ...COMMON_HEADERS,
        'Content-Type': contentType,
        'Content-Length': Buffer.byteLength(body),
        ...headers,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
}
/** Large texts, such as the metrics: compressed outside of this thread when the client can read that. */
export async function sendCompressible(request, response, contentType, body) {
    if (body.length < GZIP_FROM_BYTES || !acceptsGzip(request)) {
        send(request, response, 200, contentType, body, { Vary: 'Accept-Encoding' });
        return;
    }
    const compressed = await compress(body, { level: 1 });
    response.writeHead(200, {
        ...COMMON_HEADERS,
        'Content-Type': contentType,
        'Content-Encoding': 'gzip',
        'Content-Length': compressed.length,
        Vary: 'Accept-Encoding',
    });
    response.end(request.method === 'HEAD' ? undefined : compressed);
}
/**
 * An object whose members are lists, which may have 100,000 elements: written in pieces, so that the thread answers
 * health checks in between and a slow reader does not make us hold it all.
 */
export async function sendLists(request, response, lists) {
    response.writeHead(200, { ...COMMON_HEADERS, 'Content-Type': 'application/json' });
    if (request.method === 'HEAD') {
        response.end();
        return;
    }
    let text = '{';
    let separator = '\n';
    for (const [name, list] of Object.entries(lists)) {
        text += `${separator}  ${JSON.stringify(name)}: [`;
        separator = ',\n';
        let count = 0;
        for (const element of list) {
            text += `${count === 0 ? '' : ','}\n    ${JSON.stringify(element)}`;
            count++;
            if (count % LIST_BATCH === 0) {
                await writePiece(response, text);
                text = '';
                if (response.destroyed)
                    return;
            }
        }
        text += count === 0 ? ']' : '\n  ]';
    }
    response.end(`${text}\n}\n`);
}
/** Waits until there is room again, in any case for one turn of the event loop. */
function writePiece(response, text) {
    return new Promise((resolve) => {
        if (response.write(text) || response.destroyed) {
            setImmediate(resolve);
            return;
        }
        const goOn = () => {
            response.off('drain', goOn);
            response.off('close', goOn);
            resolve();
        };
        response.on('drain', goOn);
        response.on('close', goOn);
    });
}
function acceptsGzip(request) {
    const accepted = request.headers['accept-encoding'];
    return typeof accepted === 'string' && /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))|,|$)/i.test(accepted);
}
//# sourceMappingURL=respond.js.map