/** All services' AsyncAPI documents as one, of the channels that the gateway offers. */
import { atPointer, isObject, listOf, objectOf, pointerTokens, resolveRef, setKey, stringOf, } from '../../shared/json.js';
import { componentsOf, nameComponents } from '../components.js';
import { legalName } from '../names.js';
import { Rewriter } from '../rewriter.js';
import { toAsyncApi3 } from './upgrade.js';
const SECTIONS = [
    'schemas',
    'messages',
    'securitySchemes',
    'parameters',
    'correlationIds',
    'replies',
    'replyAddresses',
    'externalDocs',
    'tags',
    'operationTraits',
    'messageTraits',
    'channelBindings',
    'operationBindings',
    'messageBindings',
];
/** `servers` is empty: where the gateway can be reached is known when the document is asked for. */
export function mergeAsyncApi({ info, services }) {
    const conflicts = [];
    const prepared = [];
    for (const service of services.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) {
        for (const schema of service.schemas) {
            if (schema.type !== 'asyncapi')
                continue;
            try {
                prepared.push({
                    service: service.name,
                    document: toAsyncApi3(schema.document),
                    componentPrefix: '',
                    schema,
                });
            }
            catch (error) {
                const resolution = `left out: ${error instanceof Error ? error.message : String(error)}`;
                conflicts.push({ service: service.name, kind: 'document', item: 'asyncapi', resolution });
            }
        }
    }
    const names = nameComponents(prepared, SECTIONS, (service, kind, item, to) => conflicts.push({ service, kind, item, resolution: `named ${to}` }));
    const document = {
        asyncapi: '3.0.0',
        info,
        servers: {},
        channels: {},
        operations: {},
        components: {},
    };
    for (const each of prepared)
        addDocument(document, each, names.get(each) ?? new Map(), conflicts);
    document['x-farp-conflicts'] = conflicts;
    return { document, conflicts };
}
function addDocument(target, { service, document, schema }, names, conflicts) {
    const own = (name) => legalName(`${service}.${name}`);
    const exposed = exposedChannels(document, schema);
    const rewriter = new Rewriter(document, {
        place([first = '', second = '', third = '', ...rest]) {
            if (first === 'channels' || first === 'operations') {
                return exposed.has(second) || first === 'operations'
                    ? [first, own(second), ...(third === '' ? [] : [third]), ...rest]
                    : null;
            }
            const name = first === 'components' ? names.get(`${second}/${third}`) : undefined;
            return name === undefined ? null : [first, second, name, ...rest];
        },
        component: (section, name) => names.get(`${section}/${name}`),
        operationId: (id) => id,
        lost: (item) => conflicts.push({
            service,
            kind: 'reference',
            item,
            resolution: 'left out: it leads nowhere in the document',
        }),
    });
    for (const [name, { address, channel }] of exposed) {
        // Its servers are the gateway now.
        const { servers: _, ...rest } = channel;
        setKey(objectOf(target['channels']), own(name), { ...objectOf(rewriter.rewrite(rest)), address });
    }
    for (const [name, unresolved] of Object.entries(objectOf(document['operations']))) {
        const operation = resolveRef(document, unresolved);
        if (!isObject(operation) || !exposed.has(channelNameOf(document, operation)))
            continue;
        const tags = listOf(operation['tags']);
        setKey(objectOf(target['operations']), own(name), {
            ...objectOf(rewriter.rewrite(operation)),
            tags: tags.length > 0 ? tags.map((tag) => rewriter.rewrite(tag)) : [{ name: service }],
        });
    }
    const components = objectOf(target['components']);
    for (const [section, name, value] of componentsOf(document, SECTIONS)) {
        if (!isObject(components[section]))
            components[section] = {};
        const to = names.get(`${section}/${name}`) ?? legalName(name);
        const entries = objectOf(components[section]);
        if (!Object.hasOwn(entries, to))
            setKey(entries, to, rewriter.rewrite(value));
    }
}
function exposedChannels(document, { paths }) {
    const exposed = new Map();
    for (const [name, unresolved] of Object.entries(objectOf(document['channels']))) {
        const channel = resolveRef(document, unresolved);
        const address = Object.hasOwn(paths, name) ? paths[name] : undefined;
        if (isObject(channel) && address !== undefined)
            exposed.set(name, { channel, address });
    }
    return exposed;
}
/** Operations name their channel by reference, directly or by way of another one. */
function channelNameOf(document, operation) {
    let ref = stringOf(objectOf(operation['channel'])['$ref']);
    for (let step = 0; step < 4; step++) {
        const [first, name = '', ...rest] = pointerTokens(ref) ?? [];
        if (first === 'channels' && rest.length === 0)
            return name;
        ref = stringOf(objectOf(atPointer(document, pointerTokens(ref) ?? []))['$ref']);
    }
    return '';
}
//# sourceMappingURL=merge.js.map