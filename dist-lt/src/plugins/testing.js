/** For tests of plugins, built-in or a user's own: an exchange without a gateway around it. */
import { HeaderBlock } from '../http/header-block.js';
/** Header fields as a plugin sees them. */
export function makeHeaders(fields = {}) {
    let lines = '';
    for (const [name, values] of Object.entries(fields)) {
        for (const value of typeof values === 'string' ? [values] : values)
            lines += `${name}: ${value}\r\n`;
    }
    return new HeaderBlock().load(lines);
}
/** A GET of `/` from 203.0.113.7, changed by what is given. */
export function makeExchange({ headers, params = {}, ...request } = {}) {
    return {
        request: {
            method: 'GET',
            target: '/',
            path: '/',
            query: '',
            host: 'example.com',
            scheme: 'http',
            httpVersion: '1.1',
            clientIp: '203.0.113.7',
            peerIp: '203.0.113.7',
            fromTrustedProxy: false,
            hasBody: false,
            tls: null,
            ...request,
            headers: makeHeaders(headers),
        },
        requestId: 'test-request-id',
        traceId: '0af7651916cd43dd8448eb211c80319c',
        route: { id: 'route-1', path: '/', params },
        locals: new Map(),
    };
}
/** A response of an endpoint with a body, changed by what is given. */
export function makeResponse(headers = {}, response = {}) {
    return { status: 200, hasBody: true, local: false, ...response, headers: makeHeaders(headers) };
}
/** Collects what a plugin does beside its hooks. */
export class TestContext {
    name;
    instanceId;
    limits;
    logged = [];
    counted = [];
    #release = [];
    /** @param limits without them the plugin may not use limits */
    constructor(name, limits = NO_LIMITS) {
        this.name = name;
        this.instanceId = `${name}@test`;
        this.limits = limits;
    }
    log(level, message, fields = {}) {
        this.logged.push({ level, message, fields });
    }
    count(event) {
        this.counted.push(event);
    }
    onUnload(release) {
        this.#release.push(release);
    }
    unload() {
        for (const release of this.#release)
            release();
    }
}
const NO_LIMITS = {
    tokenBucket() {
        throw new Error('this test has no limit store');
    },
    slidingWindow() {
        throw new Error('this test has no limit store');
    },
};
/** Sets a plugin up with options as they would stand in the configuration. */
export async function setUpPlugin(definition, config = {}, context = new TestContext(definition.name)) {
    return definition.setup(definition.config.parse(config), context);
}
/** Whether the plugin's schema accepts the options, and where not. */
export function configProblems(definition, config) {
    const result = definition.config.safeParse(config);
    if (result.success)
        return [];
    return result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}
//# sourceMappingURL=testing.js.map