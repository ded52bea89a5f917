import { Breather } from './breather.js';
import { checkPart, unknownKey } from './check.js';
import { configSchema } from './schema/schema.js';
import { nodeAt } from './tree.js';
const ACTIONS = ['upstream', 'split', 'redirect', 'respond'];
const { shape } = configSchema;
export async function checkSections(root, problems) {
    checkTopLevelKeys(root, problems);
    const section = (name) => {
        const schema = shape[name];
        return checkPart({ schema: schema, root, path: [name] }, problems);
    };
    const server = section('server');
    const tls = section('tls');
    const discovery = section('discovery');
    const farp = section('farp');
    const routing = section('routing');
    const admin = section('admin');
    const observability = section('observability');
    const middleware = await checkItems(shape.middleware, 'middleware', root, problems);
    const plugins = await checkItems(shape.plugins, 'plugins', root, problems);
    const upstreams = await checkItems(shape.upstreams, 'upstreams', root, problems);
    // A route whose action is behind a misspelt key has been told so; that it has none would be told twice.
    const routes = (await checkItems(shape.routes, 'routes', root, problems)).filter(({ value, faulty }) => !faulty || ACTIONS.some((action) => value[action] !== undefined));
    const complete = server && tls && discovery && farp && routing && admin && observability;
    const config = complete && !problems.hasErrors
        ? {
            server,
            tls,
            discovery,
            farp,
            routing,
            middleware: middleware.map(({ value }) => value),
            plugins: plugins.map(({ value }) => value),
            admin,
            observability,
            upstreams: upstreams.map(({ value }) => value),
            routes: routes.map(({ value }) => value),
        }
        : null;
    const settings = {
        ...(server && { server }),
        ...(admin && { admin }),
        ...(tls && { tls }),
        ...(observability && { observability }),
    };
    return {
        config,
        settings,
        routing: routing ?? shape.routing.parse(undefined),
        routes,
        upstreams,
        plugins,
        middleware,
    };
}
/** Keys that begin with `x-` are the user's own, as in Compose files: a place for YAML anchors. */
function checkTopLevelKeys(root, problems) {
    if (root.kind !== 'map')
        return;
    const known = Object.keys(shape);
    for (const [key, entry] of root.entries) {
        if (!known.includes(key) && !key.startsWith('x-'))
            problems.error(entry, unknownKey(key, [], known));
    }
}
async function checkItems(list, name, root, problems) {
    const node = nodeAt(root, [name]);
    if (node === undefined || (node.kind === 'scalar' && node.value === null))
        return [];
    if (node.kind !== 'list') {
        problems.error(node, `${name}: expected a list (each item begins with "- ")`);
        return [];
    }
    const schema = list.unwrap().element;
    const items = [];
    const breather = new Breather();
    for (let index = 0; index < node.items.length; index++) {
        const path = [name, index];
        const before = problems.count;
        const value = checkPart({ schema, root, path }, problems);
        if (value !== undefined)
            items.push({ value, path, faulty: problems.count > before });
        if (breather.isDue())
            await breather.breathe();
    }
    return items;
}
//# sourceMappingURL=sections.js.map