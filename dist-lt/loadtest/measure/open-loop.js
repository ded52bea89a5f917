import { fileURLToPath } from 'node:url';
import { run } from '../system/child.js';
const GENERATOR = fileURLToPath(new URL('../generators/open-loop.js', import.meta.url));
export async function runOpenLoop(job, layout) {
    const output = await run({ command: process.execPath, args: [GENERATOR, JSON.stringify(job)] }, layout.load);
    return JSON.parse(output);
}
/** The same request as the wrk scripts send: Host and five more fields. */
export function requestHead(port, path) {
    return [
        `GET ${path} HTTP/1.1`,
        `Host: 127.0.0.1:${port}`,
        'User-Agent: octopus-loadtest/1',
        'Accept: application/json',
        'Accept-Language: en',
        'Accept-Encoding: identity',
        'Cookie: session=0123456789abcdef',
        '\r\n',
    ].join('\r\n');
}
//# sourceMappingURL=open-loop.js.map