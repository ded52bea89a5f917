export function manifestOf(parts = {}) {
    return {
        version: '1.1.0',
        serviceName: 'orders',
        serviceVersion: '1.0.0',
        instanceId: 'orders-1',
        instance: null,
        schemas: [],
        capabilities: [],
        endpoints: {
            health: '/health',
            metrics: '',
            openapi: '',
            asyncapi: '',
            graphql: '',
            grpcReflection: false,
        },
        routing: routingOf({}),
        routeTable: [],
        webhook: null,
        auth: null,
        hints: null,
        updatedAt: 1_767_225_600,
        checksum: '',
        routesChecksum: '',
        ...parts,
    };
}
export function routingOf(parts) {
    return {
        strategy: 'service',
        basePath: '',
        subdomain: '',
        rewrite: [],
        stripPrefix: false,
        priority: 50,
        tags: [],
        pathRules: [],
        ...parts,
    };
}
export function statedInstance(parts) {
    return {
        address: '',
        region: '',
        zone: '',
        labels: {},
        weight: 100,
        status: '',
        role: '',
        deployment: null,
        ...parts,
    };
}
export function instanceOf(parts = {}) {
    return {
        id: 'orders-1',
        service: 'orders',
        version: '',
        host: '127.0.0.1',
        port: 8001,
        tls: false,
        weight: 100,
        zone: '',
        status: 'healthy',
        tags: [],
        metadata: {},
        provider: 'static',
        manifest: null,
        ...parts,
    };
}
export function schemaOf(type, document, parts = {}) {
    return { type, specVersion: '3.1.0', origin: 'test', document, digest: 'd', metadata: {}, ...parts };
}
export function serviceOf(parts = {}) {
    const manifest = parts.manifest === undefined ? manifestOf() : parts.manifest;
    return {
        name: 'orders',
        instances: [instanceOf({ manifest })],
        schemas: [],
        ...parts,
        manifest,
    };
}
//# sourceMappingURL=services.js.map