/**
 * What is measured. Every case is plain data: the origin, the peers and the load generators read what concerns them.
 */
/** The origin's answer to every path but the two files: 78 bytes. */
export const SMALL_JSON = '{"id":12345,"name":"octopus","arms":8,"hearts":3,"habitat":"ocean","ok":true}\n';
/** Answers with what reached the origin in X-Forwarded-For: the check that a proxy does the work it is measured for. */
export const ECHO_PATH = '/echo';
export const FILE_SIZES = [10_240, 102_400];
const plain = {
    name: 'small-json',
    title: 'Small JSON (78 bytes)',
    script: 'get',
    path: '/api/item',
    responseBytes: SMALL_JSON.length,
    routes: 0,
    plugins: 0,
    workers: 1,
    pipelining: 1,
    reload: false,
    fixedRate: false,
    idleConnections: 0,
    onlyFull: false,
};
export const CASES = [
    { ...plain, fixedRate: true },
    {
        ...plain,
        name: 'body-10k',
        onlyFull: true,
        title: '10 KB body',
        path: '/files/10240',
        responseBytes: 10_240,
    },
    { ...plain, name: 'body-100k', title: '100 KB body', path: '/files/102400', responseBytes: 102_400 },
    { ...plain, name: 'post-1k', title: 'POST with a 1 KB body', script: 'post' },
    { ...plain, name: 'plugins-1', onlyFull: true, title: 'One plugin', plugins: 1 },
    { ...plain, name: 'plugins-3', title: 'Three plugins', plugins: 3 },
    {
        ...plain,
        name: 'routes-1k',
        onlyFull: true,
        title: '1,000 routes with a parameter',
        script: 'routes',
        routes: 1_000,
        path: routePath(0),
    },
    {
        ...plain,
        name: 'routes-100k',
        title: '100,000 routes with a parameter',
        script: 'routes',
        routes: 100_000,
        path: routePath(0),
    },
    { ...plain, name: 'pipelining', title: 'Pipelining to the origin, 8 deep', pipelining: 8, fixedRate: true },
    { ...plain, name: 'reload', title: 'Reload every second', reload: true, fixedRate: true },
    { ...plain, name: 'workers-2', title: 'Two workers', workers: 2 },
    { ...plain, name: 'idle-10k', title: '10,000 idle connections', idleConnections: 10_000 },
];
/** Route number `index` is `<prefix>{id}`; `wrk/routes.lua` makes the same paths. */
export function routePrefix(index) {
    return `/service${index}/items/`;
}
function routePath(index) {
    return `${routePrefix(index)}7`;
}
//# sourceMappingURL=cases.js.map