/** Whether the upstreams that routes name are there. */
import { shown } from '../check.js';
import { closest } from '../suggest.js';
import { nodeAt } from '../tree.js';
/** Reports upstreams that do not exist, also of routes that are wrong in other ways. */
export function checkUpstreamNames(names, context) {
    const routes = nodeAt(context.root, ['routes']);
    if (routes?.kind !== 'list')
        return;
    // A name that is missing may be missing in thousands of routes.
    const advices = new Map();
    for (const route of routes.items) {
        if (route.kind !== 'map')
            continue;
        for (const node of upstreamNodes(route)) {
            if (typeof node.value !== 'string' || names.has(node.value))
                continue;
            const known = advices.get(node.value) ?? advice(node.value, names);
            advices.set(node.value, known);
            context.problems.error(node, `there is no upstream ${shown(node)}; ${known}`);
        }
    }
}
function upstreamNodes(route) {
    const split = route.get('split');
    const parts = split?.kind === 'list'
        ? split.items.map((item) => (item.kind === 'map' ? item.get('upstream') : null))
        : [];
    return [route.get('upstream'), ...parts].filter((node) => node?.kind === 'scalar');
}
function advice(name, names) {
    const known = [...names].filter(([, { template }]) => template === '').map(([other]) => other);
    const best = closest(name, known);
    if (best !== null)
        return `did you mean "${best}"?`;
    if (known.length === 0)
        return 'define it in upstreams';
    return `defined are ${known.slice(0, 8).join(', ')}${known.length > 8 ? ', …' : ''}`;
}
//# sourceMappingURL=upstream-references.js.map