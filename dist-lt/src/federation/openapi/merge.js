/** All services' OpenAPI documents as one, of the API that the gateway offers. */
import { listOf, objectOf, setKey, stringOf } from '../../shared/json.js';
import { componentsOf, nameComponents } from '../components.js';
import { legalName, NameUsers, takeName } from '../names.js';
import { Rewriter } from '../rewriter.js';
import { parameterNames, prepare } from './prepare.js';
const SECTIONS = [
    'schemas',
    'responses',
    'parameters',
    'examples',
    'requestBodies',
    'headers',
    'securitySchemes',
    'links',
    'callbacks',
    'pathItems',
];
/** `servers` is empty: where the gateway can be reached is known when the document is asked for. */
export function mergeOpenApi(input) {
    return new Merge(input).run();
}
class Merge {
    #input;
    #conflicts = [];
    #paths = {};
    #webhooks = {};
    #components = {};
    #tags = new Map();
    #tagGroups = [];
    #operationIds = new Set();
    /** `GET /a/{}` to its owner: parameters do not tell paths apart. */
    #owners = new Map();
    /** Path without parameter names to the spelling that it has in the document. */
    #spellings = new Map();
    constructor(input) {
        this.#input = input;
    }
    run() {
        const ranked = this.#prepare();
        for (const document of ranked)
            this.#claim(document);
        const documents = ranked.toSorted((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : 0));
        const names = nameComponents(documents, SECTIONS, (service, section, name, to) => this.#conflict(service, section, name, `named ${to}`));
        const ids = sharedNames(documents, operationIdsOf);
        const tags = sharedNames(documents, ({ operations }) => operations.flatMap(({ body }) => tagsOf(body)));
        for (const document of documents) {
            this.#add(document, names.get(document) ?? new Map(), ids, tags);
        }
        return { document: this.#document(), conflicts: this.#conflicts };
    }
    #prepare() {
        const documents = [];
        for (const service of this.#input.services) {
            for (const schema of service.schemas) {
                if (schema.type !== 'openapi')
                    continue;
                try {
                    const prepared = prepare(service, schema);
                    if (prepared.composition.included)
                        documents.push(prepared);
                }
                catch (error) {
                    const reason = error instanceof Error ? error.message : String(error);
                    this.#conflict(service.name, 'document', 'openapi', `left out: ${reason}`);
                }
            }
        }
        return documents;
    }
    /** The first in the list has the route, so it has the documentation. */
    #claim({ service, operations }) {
        for (const operation of operations) {
            const key = ownerKey(operation);
            if (!this.#owners.has(key))
                this.#owners.set(key, operation);
            else {
                const item = `${operation.method.toUpperCase()} ${operation.path}`;
                this.#conflict(service, 'path', item, 'left out: the route belongs to another service');
            }
        }
    }
    #add(prepared, names, sharedIds, sharedTags) {
        const { service, document, composition, operations, paths } = prepared;
        const rename = (prefix, shared, name) => prefix !== '' || shared.isShared(name) ? `${prefix || service}_${name}` : name;
        const lost = new Set();
        const rewriter = new Rewriter(document, {
            place: (tokens) => placeOf(tokens, names, paths),
            component: (section, name) => names.get(`${section}/${name}`),
            operationId: (id) => rename(composition.operationIdPrefix, sharedIds, id),
            lost: (ref) => lost.add(ref),
        });
        const groupTags = new Set();
        for (const operation of operations) {
            if (this.#owners.get(ownerKey(operation)) !== operation)
                continue;
            const tags = tagsOf(operation.body).map((tag) => rename(composition.tagPrefix, sharedTags, tag));
            const body = rewriter.rewrite(operation.body);
            body['tags'] = tags.length > 0 ? tags : [service];
            for (const tag of body['tags'])
                groupTags.add(tag);
            this.#addOperation(service, operation, body);
        }
        for (const [section, name, value] of componentsOf(document, SECTIONS)) {
            const target = (this.#components[section] ??= {});
            const to = names.get(`${section}/${name}`) ?? legalName(name);
            if (!Object.hasOwn(target, to))
                setKey(target, to, rewriter.rewrite(value));
        }
        for (const [name, item] of Object.entries(objectOf(document['webhooks']))) {
            const to = Object.hasOwn(this.#webhooks, name) ? `${service}_${name}` : name;
            setKey(this.#webhooks, to, rewriter.rewrite(item));
        }
        for (const tag of listOf(document['tags'])) {
            const name = rename(composition.tagPrefix, sharedTags, stringOf(objectOf(tag)['name']));
            if (groupTags.has(name))
                this.#tags.set(name, { ...objectOf(tag), name });
        }
        for (const name of groupTags)
            if (!this.#tags.has(name))
                this.#tags.set(name, { name });
        if (groupTags.size > 0)
            this.#tagGroups.push({ name: service, tags: [...groupTags] });
        for (const ref of lost)
            this.#conflict(service, 'reference', ref, 'left out: it leads nowhere in the document');
    }
    #addOperation(service, { method, path, host }, body) {
        const template = nameless(path);
        const spelling = this.#spellings.get(template) ?? path;
        this.#spellings.set(template, spelling);
        if (!Object.hasOwn(this.#paths, spelling))
            setKey(this.#paths, spelling, {});
        const item = this.#paths[spelling];
        if (item[method] !== undefined) {
            const resolution = 'left out: a document cannot tell hosts apart';
            this.#conflict(service, 'path', `${method.toUpperCase()} ${host}${path}`, resolution);
            return;
        }
        if (spelling !== path)
            renameParameters(body, parameterNames(path), parameterNames(spelling));
        if (typeof body['operationId'] === 'string') {
            body['operationId'] = takeName(body['operationId'], this.#operationIds);
        }
        if (host !== '')
            body['servers'] = [{ url: `//${host}` }];
        item[method] = body;
    }
    #document() {
        const components = {};
        for (const section of SECTIONS) {
            if (this.#components[section] !== undefined)
                components[section] = this.#components[section];
        }
        return {
            openapi: '3.1.0',
            info: this.#input.info,
            servers: [],
            tags: [...this.#tags.values()],
            'x-tagGroups': this.#tagGroups,
            paths: this.#paths,
            ...(Object.keys(this.#webhooks).length > 0 ? { webhooks: this.#webhooks } : {}),
            components,
            'x-farp-conflicts': this.#conflicts,
        };
    }
    #conflict(service, kind, item, resolution) {
        this.#conflicts.push({ service, kind, item, resolution });
    }
}
function placeOf([first = '', second = '', third = '', ...rest], names, paths) {
    // Path items are put together anew: only their operations are where they were.
    if (third === '')
        return null;
    const name = first === 'components' ? names.get(`${second}/${third}`) : undefined;
    if (name !== undefined)
        return [first, second, name, ...rest];
    const path = first === 'paths' ? paths[second] : undefined;
    return path === undefined ? null : [first, path, third, ...rest];
}
function ownerKey({ method, path, host }) {
    return `${method} ${host}${nameless(path)}`;
}
function nameless(path) {
    return path.replace(/\{[^{}]*\}/g, '{}');
}
function tagsOf(body) {
    return listOf(body['tags']).filter((tag) => typeof tag === 'string');
}
function operationIdsOf({ operations }) {
    return operations.map(({ body }) => stringOf(body['operationId'])).filter((id) => id !== '');
}
/** Names mean something else in every service. */
function sharedNames(documents, namesOf) {
    const users = new NameUsers();
    for (const document of documents) {
        for (const name of namesOf(document))
            users.add(name, document.service, document.service);
    }
    return users;
}
/** Two services may spell one path with other names for its parameters; the document has one spelling. */
function renameParameters(body, from, to) {
    body['parameters'] = listOf(body['parameters']).map((parameter) => {
        const entry = objectOf(parameter);
        const index = entry['in'] === 'path' ? from.indexOf(stringOf(entry['name'])) : -1;
        return index < 0 ? parameter : { ...entry, name: to[index] };
    });
}
//# sourceMappingURL=merge.js.map