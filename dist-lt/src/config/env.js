import { admitsScalar, elementOf, shapeOf } from './schema/walk.js';
import { closest } from './suggest.js';
import { ListNode, MapEntry, MapNode, NO_OFFSET, ScalarNode, SourceText } from './tree.js';
const PREFIX = 'OCTOPUS_';
/** Read by the command line and by the service manager, not settings. */
const NOT_SETTINGS = new Set([
    'OCTOPUS_CONFIG',
    'OCTOPUS_VERSION',
    'OCTOPUS_COMMIT',
    'OCTOPUS_BUILD_DATE',
]);
/** What Kubernetes puts into every pod of a namespace that holds a service called `octopus` or `octopus-…`. */
const KUBERNETES_LINK = /_SERVICE_(HOST|PORT(_\w+)?)=|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?=|_PORT=(tcp|udp|sctp):/;
/** Every key that holds a single value or a list of single values, by its variable. */
export function environmentSettings(schema) {
    const settings = new Map();
    const visit = (current, path) => {
        for (const [key, child] of Object.entries(shapeOf(current) ?? {}))
            visit(child, [...path, key]);
        const element = elementOf(current);
        const list = element !== null && shapeOf(element) === null;
        if (list || admitsScalar(current))
            settings.set(PREFIX + path.join('_').toUpperCase(), { path, list });
    };
    visit(schema, []);
    return settings;
}
/** The variables as one more file, or null when there are none. Unknown names are warnings: another program may own them. */
export function readEnvironment(schema, env, interpolated, problems) {
    const settings = environmentSettings(schema);
    const entries = new Map();
    const names = Object.keys(env).filter((name) => name.startsWith(PREFIX) && env[name] !== undefined);
    for (const name of ['DISCOVERY_BACKEND', ...names.toSorted()]) {
        const value = env[name];
        if (value === undefined || value === '')
            continue;
        const source = new SourceText(`environment variable ${name}`, '');
        const setting = settings.get(name === 'DISCOVERY_BACKEND' ? 'OCTOPUS_DISCOVERY_BACKEND' : name);
        if (setting !== undefined)
            insert(entries, source, setting, value);
        else if (!interpolated.has(name) &&
            !NOT_SETTINGS.has(name) &&
            !KUBERNETES_LINK.test(`${name}=${value}`)) {
            const best = closest(name.slice(PREFIX.length), [...settings.keys()].map((key) => key.slice(PREFIX.length)));
            problems.warning({ source, offset: NO_OFFSET }, `is no setting and has no effect${best === null ? '' : `. Did you mean ${PREFIX}${best}?`}`);
        }
    }
    return entries.size === 0 ? null : new MapNode(new SourceText('environment', ''), NO_OFFSET, entries);
}
function insert(entries, source, { path, list }, value) {
    for (const key of path.slice(0, -1)) {
        let child = entries.get(key)?.value;
        if (child?.kind !== 'map') {
            child = new MapNode(source, NO_OFFSET, new Map());
            entries.set(key, new MapEntry(source, NO_OFFSET, child));
        }
        entries = child.entries;
    }
    const node = list
        ? new ListNode(source, NO_OFFSET, value.split(',').map((item) => scalar(source, item.trim())))
        : scalar(source, value);
    entries.set(path.at(-1) ?? '', new MapEntry(source, NO_OFFSET, node));
}
function scalar(source, value) {
    const node = new ScalarNode(source, NO_OFFSET, value);
    node.template = `\${${source.name.split(' ').at(-1)}}`;
    node.fromEnvironment = true;
    return node;
}
//# sourceMappingURL=env.js.map