import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { routePrefix } from '../cases.js';
import { version } from '../system/tools.js';
import { MAX_CONNECTIONS } from './peer.js';
/** @param program `src/cli/main.js` of a build */
export function octopus(program) {
    return {
        name: 'octopus',
        hint: 'npm run build',
        findVersion: () => version(process.execPath, [program, 'version'], /(\d+\.\d+\.\d+\S*)/),
        prepare(setup) {
            const file = path.join(setup.directory, 'octopus.json');
            let generation = 0;
            const write = () => writeFileSync(file, JSON.stringify(configuration(setup, generation++)));
            write();
            return {
                command: process.execPath,
                args: [program, 'run', '-c', file, '--workers', String(setup.scenario.workers)],
                reload: write,
            };
        },
    };
}
/** Defaults everywhere: metrics, request id, trace context, health and circuit breaker are on. */
function configuration({ scenario, port, originPort, adminPort }, generation) {
    return {
        server: {
            host: '127.0.0.1',
            http_port: port,
            admin_port: adminPort,
            limits: { connections: MAX_CONNECTIONS },
        },
        observability: { logging: { level: 'warn', access_log: { enabled: false } }, metrics: { enabled: true } },
        upstreams: [{ name: 'origin', endpoints: [`127.0.0.1:${originPort}`], pipelining: scenario.pipelining }],
        ...middleware(scenario),
        routes: routes(scenario, generation),
    };
}
/** The timeout changes with each generation, so that a reload has something to do. */
function routes({ routes: count }, generation) {
    const action = { upstream: 'origin', timeout: `${30 + (generation % 2)}s` };
    if (count === 0)
        return [{ path: '/*', ...action }];
    return Array.from({ length: count }, (_, index) => ({ path: `${routePrefix(index)}{id}`, ...action }));
}
function middleware({ plugins }) {
    if (plugins === 0)
        return {};
    const all = [
        { name: 'headers', config: { request: { set: { 'x-loadtest': '1' } } } },
        { name: 'ip-filter', config: { allow: ['127.0.0.0/8'] } },
        { name: 'rate-limit', config: { limit: 1_000_000, window: '1s', key: ['ip'] } },
    ];
    const used = all.slice(0, plugins);
    return { middleware: used.map((plugin) => plugin.name), plugins: used };
}
//# sourceMappingURL=octopus.js.map