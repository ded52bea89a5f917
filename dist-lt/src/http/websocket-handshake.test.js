import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestHead } from './request-head.js';
import { ResponseHead } from './response-head.js';
import { acceptFor, asksForWebSocket, checkRequest, checkResponse, HANDSHAKE_MALFORMED, HANDSHAKE_OK, HANDSHAKE_VERSION, } from './websocket-handshake.js';
const LIMITS = {
    requestLine: 8192,
    headerBytes: 65_536,
    headerCount: 100,
    body: 0,
    headerTimeout: 1000,
    bodyIdleTimeout: 1000,
    keepAliveTimeout: 1000,
    connections: 1,
};
const POLICY = {
    doubleSlash: 'merge',
    encodedSlash: 'keep',
    backslash: 'reject',
    parameters: 'keep',
};
/** The example of RFC 6455 section 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const HANDSHAKE = [
    'Host: a',
    'Connection: keep-alive, Upgrade',
    'Upgrade: WebSocket',
    `Sec-WebSocket-Key: ${KEY}`,
    'Sec-WebSocket-Version: 13',
];
function requestOf(lines, first = 'GET /ws HTTP/1.1') {
    const head = new RequestHead();
    assert.equal(head.parse(`${[first, ...lines].join('\r\n')}\r\n\r\n`, LIMITS, POLICY), '');
    return head;
}
function responseOf(...lines) {
    const head = new ResponseHead();
    assert.equal(head.parse(`${lines.join('\r\n')}\r\n\r\n`, false), '');
    return head;
}
const without = (name) => HANDSHAKE.filter((line) => !line.startsWith(name));
test('a handshake asks for a WebSocket, whatever the spelling', () => {
    assert.equal(asksForWebSocket(requestOf(HANDSHAKE)), true);
    assert.equal(asksForWebSocket(requestOf([...without('Upgrade'), 'Upgrade: h2c, websocket'])), true);
});
test('other upgrades, methods and versions, or Upgrade that is not for this hop, ask for nothing', () => {
    assert.equal(asksForWebSocket(requestOf([...without('Upgrade'), 'Upgrade: h2c'])), false);
    assert.equal(asksForWebSocket(requestOf([...without('Upgrade'), 'Upgrade: websockets'])), false);
    assert.equal(asksForWebSocket(requestOf(without('Connection'))), false);
    assert.equal(asksForWebSocket(requestOf(without('Upgrade'))), false);
    assert.equal(asksForWebSocket(requestOf(HANDSHAKE, 'POST /ws HTTP/1.1')), false);
    assert.equal(asksForWebSocket(requestOf(HANDSHAKE, 'GET /ws HTTP/1.0')), false);
});
test('Connection: Upgrade of one request does not stand for the next', () => {
    const head = requestOf(HANDSHAKE);
    head.parse('GET / HTTP/1.1\r\nHost: a\r\n\r\n', LIMITS, POLICY);
    assert.equal(asksForWebSocket(head), false);
});
test('E1 key and version are checked', () => {
    assert.equal(checkRequest(requestOf(HANDSHAKE)), HANDSHAKE_OK);
    assert.equal(checkRequest(requestOf([...HANDSHAKE, 'Content-Length: 0'])), HANDSHAKE_OK);
    for (const lines of [
        without('Sec-WebSocket-Key'),
        [...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: c2hvcnQ='],
        [...HANDSHAKE, `Sec-WebSocket-Key: ${KEY}`],
        [...HANDSHAKE, 'Content-Length: 5'],
        [...HANDSHAKE, 'Transfer-Encoding: chunked'],
    ]) {
        assert.equal(checkRequest(requestOf(lines)), HANDSHAKE_MALFORMED, lines.join());
    }
    for (const lines of [
        without('Sec-WebSocket-Version'),
        [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 8'],
    ]) {
        assert.equal(checkRequest(requestOf(lines)), HANDSHAKE_VERSION, lines.join());
    }
});
test('C11 only a 101 that accepts this very handshake opens a tunnel', () => {
    const request = requestOf([...HANDSHAKE, 'Sec-WebSocket-Protocol: chat, Superchat']).headers;
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    const accept = `Sec-WebSocket-Accept: ${ACCEPT}`;
    const problem = (...lines) => checkResponse(request, responseOf(...lines));
    assert.equal(acceptFor(KEY), ACCEPT);
    assert.equal(problem(...head, accept), '');
    assert.equal(problem(...head, accept, 'Sec-WebSocket-Protocol: Superchat'), '');
    assert.match(problem(...head, accept, 'Sec-WebSocket-Protocol: superchat'), /subprotocol/);
    assert.match(problem(...head), /Accept/);
    assert.match(problem(...head, 'Sec-WebSocket-Accept: AAAA'), /Accept/);
    assert.match(problem(...head, accept, accept), /Accept/);
    assert.match(problem(head[0], head[2], accept), /protocol/);
    assert.match(problem(head[0], 'Upgrade: h2c', head[2], accept), /protocol/);
    assert.match(problem(head[0], head[1], accept), /Connection/);
    assert.match(problem('HTTP/1.0 101 Switching Protocols', ...head.slice(1), accept), /1\.0/);
});
//# sourceMappingURL=websocket-handshake.test.js.map