/** `websocket` and `sse`: what lives longer than a request, of one route or for all under `routing`. */
import { z } from 'zod';
import { isOriginPattern } from '../../http/origins.js';
import { inheritable } from './inherit.js';
import { duration, flag, text } from './scalars.js';
export const webSocketSchema = z.strictObject({
    idle_timeout: inheritable(duration(), '1h').describe('A connection over which nothing is sent for so long is closed; 0: never.'),
    max_duration: inheritable(duration(), '0s').describe('Longest life of a connection; then the client is told to connect again. 0: no limit.'),
    origins: inheritable(z.array(text('* or an origin such as https://app.example.com or https://*.example.com', isOriginPattern, (value) => value.toLowerCase())), ['*']).describe('Web pages that may connect; a browser with a page of another origin gets 403. Programs send no Origin and pass.'),
});
export const sseSchema = z.strictObject({
    heartbeat: inheritable(duration(), '0s').describe('A comment line (`:`) is sent after so long a silence of the service, between two events; 0: none.'),
    idle_timeout: inheritable(duration(), '0s').describe('A stream on which the service sends nothing for so long is cut; 0: never.'),
});
const webSocket = () => z.union([flag(), webSocketSchema], {
    error: 'expected true, false or { idle_timeout, max_duration, origins }',
});
export const streamKeys = {
    websocket: webSocket()
        .optional()
        .describe('WebSocket connections: true, false, or settings. Keys left out: `routing.websocket`.'),
    sse: sseSchema
        .optional()
        .describe('Streams of server-sent events (`text/event-stream`). Keys left out: `routing.sse`.'),
};
export const streamDefaults = {
    websocket: webSocket()
        .prefault({})
        .describe('WebSocket connections: true, false, or the settings in full.'),
    sse: sseSchema.prefault({}).describe('Streams of server-sent events (`text/event-stream`).'),
};
//# sourceMappingURL=streams.js.map