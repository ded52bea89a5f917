import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validate as readmeValidate } from '@readme/openapi-parser';
import { validate as scalarValidate } from '@scalar/openapi-parser';
import { mergeOpenApi } from './merge.js';
const INFO = { title: 'All', description: 'Everything', version: '1.0.0' };
/** Every path is exposed below the name of the service unless `paths` says otherwise. */
function service(name, document, more = {}) {
    const own = Object.keys((document['paths'] ?? {}));
    const paths = more.paths ?? Object.fromEntries(own.map((path) => [path, `/${name}${path}`]));
    const metadata = {
        openapi: { composition: more.composition ?? {}, default_security: more.security ?? [] },
    };
    return {
        name,
        version: '1',
        schemas: [{ type: 'openapi', document, host: more.host ?? '', paths, metadata }],
    };
}
function openapi(paths, more = {}) {
    return { openapi: '3.1.0', info: { title: 't', version: '1' }, paths, ...more };
}
async function merge(...services) {
    const merged = mergeOpenApi({ info: INFO, services });
    await assertValid(merged.document);
    return merged;
}
/** Two validators that share no code. */
async function assertValid(document) {
    const first = await readmeValidate(structuredClone(document));
    assert.deepEqual(first.valid ? [] : first.errors, []);
    const second = await scalarValidate(structuredClone(document));
    assert.deepEqual(second.errors ?? [], []);
    assert.equal(second.valid, true);
}
const OK = { 200: { description: 'ok' } };
const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema) => ({ content: { 'application/json': { schema } } });
describe('merging OpenAPI', () => {
    it('nothing at all is a valid document', async () => {
        const { document, conflicts } = mergeOpenApi({ info: INFO, services: [] });
        assert.equal((await scalarValidate(document)).valid, true);
        assert.deepEqual(document['paths'], {});
        assert.deepEqual(conflicts, []);
    });
    it('keeps every operation whole, below its mount', async () => {
        const operation = {
            operationId: 'list',
            tags: ['items'],
            summary: 's',
            parameters: [{ name: 'q', in: 'query', schema: { type: 'string' } }],
            requestBody: json(ref('Item')),
            responses: {
                200: {
                    description: 'ok',
                    headers: { ETag: { schema: { type: 'string' } } },
                    ...json({ type: 'array', items: ref('Item') }),
                },
            },
            security: [{ bearer: [] }],
            deprecated: true,
            callbacks: { done: { '{$request.query.q}': { post: { responses: OK } } } },
            'x-cost': 2,
        };
        const { document } = await merge(service('shop', openapi({ '/items': { post: operation, head: { responses: OK } } }, {
            components: {
                schemas: { Item: { type: 'object', example: { $ref: '#/components/schemas/Item' } } },
                securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
            },
        })));
        assert.deepEqual(document.paths['/shop/items'].post, operation);
        assert.deepEqual(document.paths['/shop/items'].head.tags, ['shop']);
        assert.deepEqual(document.components.schemas, {
            Item: { type: 'object', example: { $ref: '#/components/schemas/Item' } },
        });
        assert.deepEqual(document['x-tagGroups'], [{ name: 'shop', tags: ['items', 'shop'] }]);
    });
    it('names that mean different things are prefixed in both, and every reference follows', async () => {
        const of = (type) => openapi({
            '/x': {
                get: {
                    operationId: 'get',
                    tags: ['ops'],
                    responses: {
                        200: { description: 'x', ...json(ref('Item')) },
                        default: { $ref: '#/components/responses/Bad' },
                    },
                    security: [{ key: [] }],
                },
            },
        }, {
            tags: [{ name: 'ops', description: type }],
            components: {
                schemas: {
                    Item: {
                        type: 'object',
                        properties: { id: { type }, example: ref('Same') },
                        discriminator: {
                            propertyName: 'kind',
                            mapping: { a: '#/components/schemas/Item', b: 'Same' },
                        },
                    },
                    Same: { type: 'string' },
                    List: { type: 'array', items: ref('Item') },
                },
                responses: { Bad: { description: 'bad', ...json(ref('List')) } },
                securitySchemes: {
                    key: type === 'string'
                        ? { type: 'http', scheme: 'basic' }
                        : { type: 'apiKey', in: 'header', name: 'K' },
                },
            },
        });
        const { document, conflicts } = await merge(service('a', of('string')), service('b', of('integer')));
        assert.deepEqual(Object.keys(document.components.schemas).toSorted(), [
            'Same',
            'a_Item',
            'a_List',
            'b_Item',
            'b_List',
        ]);
        assert.deepEqual(document.components.schemas.b_List.items, ref('b_Item'));
        assert.deepEqual(document.components.schemas.a_Item.properties.example, ref('Same'));
        assert.deepEqual(document.components.schemas.a_Item.discriminator.mapping, {
            a: '#/components/schemas/a_Item',
            b: 'Same',
        });
        assert.deepEqual(Object.keys(document.components.responses), ['a_Bad', 'b_Bad']);
        const get = document.paths['/b/x'].get;
        assert.deepEqual(get.security, [{ b_key: [] }]);
        assert.deepEqual(get.responses.default, { $ref: '#/components/responses/b_Bad' });
        assert.equal(get.operationId, 'b_get');
        assert.deepEqual(get.tags, ['b_ops']);
        assert.deepEqual(document.tags, [
            { name: 'a_ops', description: 'string' },
            { name: 'b_ops', description: 'integer' },
        ]);
        assert.ok(conflicts.some(({ service, item }) => service === 'a' && item === 'Item'));
    });
    it('what is the same in both is there once', async () => {
        const document1 = openapi({ '/x': { get: { responses: { 200: { description: 'x', ...json(ref('Error')) } } } } }, { components: { schemas: { Error: { type: 'object' } } } });
        const { document, conflicts } = await merge(service('a', document1), service('b', document1));
        assert.deepEqual(Object.keys(document.components.schemas), ['Error']);
        assert.deepEqual(conflicts, []);
    });
    it('prefixes on request', async () => {
        const { document } = await merge(service('a', openapi({
            '/x': {
                get: {
                    operationId: 'x',
                    tags: ['t'],
                    responses: { 200: { description: 'x', ...json(ref('E')) } },
                },
            },
        }, { components: { schemas: { E: { type: 'object' } } } }), {
            composition: { component_prefix: 'Shop', tag_prefix: 'Tag', operation_id_prefix: 'op' },
        }));
        assert.deepEqual(Object.keys(document.components.schemas), ['Shop_E']);
        const { operationId, tags, responses } = document.paths['/a/x'].get;
        assert.deepEqual([operationId, tags], ['op_x', ['Tag_t']]);
        assert.deepEqual(responses[200].content['application/json'].schema, ref('Shop_E'));
    });
    it('2.0 and 3.0 documents become 3.1', async () => {
        const swagger = {
            swagger: '2.0',
            info: { title: 't', version: '1' },
            basePath: '/v1',
            consumes: ['application/json'],
            produces: ['application/json'],
            paths: {
                '/pets/{id}': {
                    put: {
                        parameters: [
                            { in: 'path', name: 'id', type: 'string', required: true },
                            { in: 'body', name: 'b', schema: { $ref: '#/definitions/Pet' } },
                        ],
                        responses: { 200: { description: 'x', schema: { $ref: '#/definitions/Pet' } } },
                    },
                },
            },
            definitions: { Pet: { type: 'object' } },
            securityDefinitions: { k: { type: 'basic' } },
        };
        const old = {
            openapi: '3.0.3',
            info: { title: 't', version: '1' },
            paths: {
                '/n': {
                    get: { responses: { 200: { description: 'x', ...json({ type: 'string', nullable: true }) } } },
                },
            },
        };
        const { document } = await merge(service('pets', swagger, { paths: { '/pets/{id}': '/pets/v1/pets/{id}' } }), service('old', old));
        assert.deepEqual(document.paths['/pets/v1/pets/{id}'].put.requestBody, json(ref('Pet')));
        assert.deepEqual(document.paths['/old/n'].get.responses[200].content['application/json'].schema, {
            type: ['string', 'null'],
        });
        assert.deepEqual(document.components.securitySchemes, { k: { type: 'http', scheme: 'basic' } });
    });
    it('what stands above operations comes down to them', async () => {
        const { document } = await merge(service('a', openapi({
            '/x/{id}': {
                summary: 'item',
                servers: [{ url: 'https://elsewhere.example' }],
                parameters: [
                    { $ref: '#/components/parameters/Id' },
                    { name: 'v', in: 'query', schema: { type: 'string' } },
                ],
                get: { parameters: [{ name: 'v', in: 'query', schema: { type: 'integer' } }], responses: OK },
                post: { security: [], responses: OK, servers: [{ url: '/other' }] },
            },
            '/undeclared/{n}': {
                get: { parameters: [{ name: 'gone', in: 'path', required: true, schema: {} }], responses: OK },
            },
        }, {
            security: [{ key: [] }],
            components: {
                parameters: { Id: { name: 'id', in: 'path', required: true, schema: { type: 'integer' } } },
                securitySchemes: { key: { type: 'http', scheme: 'basic' } },
            },
        })));
        const { get, post, ...rest } = document.paths['/a/x/{id}'];
        assert.deepEqual(rest, {});
        assert.deepEqual(get.parameters.map((p) => [p.name, p.schema.type]), [
            ['id', 'integer'],
            ['v', 'integer'],
        ]);
        assert.deepEqual(get.security, [{ key: [] }]);
        assert.equal(get.summary, 'item');
        assert.deepEqual(post.security, []);
        assert.equal(post.servers, undefined);
        assert.deepEqual(document.paths['/a/undeclared/{n}'].get.parameters, [
            { name: 'n', in: 'path', required: true, schema: { type: 'string' } },
        ]);
    });
    it('a path of two services: the route that wins is the one described, other methods join it', async () => {
        const paths = { '/same/{id}': '/same/{id}', '/same/{key}': '/same/{key}' };
        const { document, conflicts } = await merge(service('winner', openapi({ '/same/{id}': { get: { summary: 'wins', responses: OK } } }), { paths }), service('loser', openapi({
            '/same/{key}': {
                get: { summary: 'loses', responses: OK },
                put: {
                    parameters: [{ name: 'key', in: 'path', required: true, schema: { type: 'string' } }],
                    responses: OK,
                },
            },
        }), { paths }));
        const [path] = Object.keys(document.paths);
        assert.equal(Object.keys(document.paths).length, 1);
        assert.equal(document.paths[path].get.summary, 'wins');
        assert.equal(document.paths[path].put.parameters[0].name, path === '/same/{id}' ? 'id' : 'key');
        assert.deepEqual(conflicts.map(({ service, kind, item }) => [service, kind, item]), [['loser', 'path', 'GET /same/{key}']]);
    });
    it('only what is exposed is described', async () => {
        const { document } = await merge(service('a', openapi({ '/x': { get: { responses: OK } }, '/internal': { get: { responses: OK } } }), {
            paths: { '/x': '/a/x' },
        }));
        assert.deepEqual(Object.keys(document.paths), ['/a/x']);
    });
    it('references to paths, into components, to anywhere, and to nowhere', async () => {
        const { document, conflicts } = await merge(service('a', openapi({
            '/x': {
                get: {
                    operationId: 'one',
                    responses: {
                        200: {
                            description: 'x',
                            ...json({
                                type: 'object',
                                properties: {
                                    part: { $ref: '#/components/schemas/E/properties/p' },
                                    odd: { $ref: '#/x-shared/thing' },
                                    gone: { $ref: '#/components/schemas/Gone' },
                                    away: { $ref: 'https://example.com/schema.json' },
                                    tree: ref('Tree'),
                                },
                            }),
                            links: { l: { operationRef: '#/paths/~1y/get' }, m: { operationId: 'one' } },
                        },
                    },
                },
            },
            '/y': { get: { responses: { 200: { $ref: '#/paths/~1x/get/responses/200' } } } },
            '/z': { $ref: '#/paths/~1y' },
        }, {
            'x-shared': { thing: { type: 'integer' } },
            components: {
                schemas: {
                    E: { type: 'object', properties: { p: { type: 'string' } } },
                    Tree: { type: 'object', properties: { next: ref('Tree') } },
                },
            },
        })));
        const { responses } = document.paths['/a/x'].get;
        const { properties } = responses[200].content['application/json'].schema;
        assert.deepEqual(properties, {
            part: { $ref: '#/components/schemas/E/properties/p' },
            odd: { type: 'integer' },
            gone: {},
            away: {},
            tree: ref('Tree'),
        });
        assert.equal(responses[200].links.l.operationRef, '#/paths/~1a~1y/get');
        assert.deepEqual(document.paths['/a/y'].get.responses[200], { $ref: '#/paths/~1a~1x/get/responses/200' });
        assert.deepEqual(document.paths['/a/z'], document.paths['/a/y']);
        assert.deepEqual(conflicts.map(({ item }) => item).toSorted(), [
            '#/components/schemas/Gone',
            'https://example.com/schema.json',
        ]);
    });
    it('a document that is none takes nobody along', async () => {
        for (const broken of [
            null,
            [],
            'x',
            {},
            { openapi: '4.0.0' },
            { openapi: '3.1.0', paths: { '/a': 1 } },
            { openapi: '3.0.0', paths: 7, components: [] },
            JSON.parse('{"openapi":"3.1.0","paths":{"__proto__":{"get":{}}},"components":{"schemas":{"__proto__":{"type":"string"}}}}'),
        ]) {
            const { document } = await merge({
                name: 'bad',
                version: '',
                schemas: [{ type: 'openapi', document: broken, host: '', paths: { '/a': '/bad/a' }, metadata: {} }],
            }, service('good', openapi({ '/x': { get: { responses: OK } } })));
            assert.ok(document.paths['/good/x']);
        }
    });
    it('composition can keep a service out; default security; hosts', async () => {
        const paths = { '/x': { get: { responses: OK } } };
        const components = { components: { securitySchemes: { k: { type: 'http', scheme: 'basic' } } } };
        const { document } = await merge(service('out', openapi(paths), { composition: { include_in_merged: false } }), service('in', openapi(paths, components), {
            security: [{ k: [] }],
            host: 'in.example.com',
            paths: { '/x': '/x' },
        }));
        assert.deepEqual(Object.keys(document.paths), ['/x']);
        assert.deepEqual(document.paths['/x'].get.security, [{ k: [] }]);
        assert.deepEqual(document.paths['/x'].get.servers, [{ url: '//in.example.com' }]);
    });
});
//# sourceMappingURL=merge.test.js.map