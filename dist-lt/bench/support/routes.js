const WORDS = [
    'users',
    'orders',
    'billing',
    'search',
    'teams',
    'reports',
    'devices',
    'events',
    'catalog',
    'media',
];
/** The paths of an API with `count` routes: half static, half with one or two parameters. */
export function apiPaths(count) {
    const paths = [];
    for (let i = 0; paths.length < count; i++) {
        const base = `/api/v${(i % 3) + 1}/${WORDS[i % WORDS.length]}${i}`;
        paths.push(base, `${base}/{id}`, `${base}/status/latest`, `${base}/{id}/${WORDS[(i + 3) % WORDS.length]}/{item}`);
    }
    return paths.slice(0, count);
}
//# sourceMappingURL=routes.js.map