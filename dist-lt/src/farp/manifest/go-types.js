/**
 * The manifest as Go declares it: what its decoder refuses, and in which words. `any` takes everything.
 */
import { isObject, memberOf } from './fields.js';
import { jsonKind } from './json-text.js';
const STRINGS = { elements: 'string' };
const INSTANCE = {
    name: 'InstanceMetadata',
    members: {
        address: 'string',
        region: 'string',
        zone: 'string',
        labels: { values: 'string' },
        weight: 'int',
        status: 'string',
        role: 'string',
        deployment: {
            name: 'DeploymentMetadata',
            members: {
                deployment_id: 'string',
                strategy: 'string',
                traffic_percent: 'int',
                stage: 'string',
                deployed_at: 'int64',
            },
        },
        started_at: 'int64',
        expected_schema_checksum: 'string',
    },
};
const SCHEMA = {
    name: 'SchemaDescriptor',
    members: {
        type: 'string',
        spec_version: 'string',
        location: {
            name: 'SchemaLocation',
            members: {
                type: 'string',
                url: 'string',
                registry_path: 'string',
                headers: { values: 'string' },
            },
        },
        content_type: 'string',
        inline_schema: 'any',
        hash: 'string',
        size: 'int64',
    },
};
const ROUTING = {
    name: 'RoutingConfig',
    members: {
        strategy: 'string',
        base_path: 'string',
        subdomain: 'string',
        rewrite: {
            elements: { name: 'PathRewrite', members: { pattern: 'string', replacement: 'string' } },
        },
        strip_prefix: 'bool',
        priority: 'int',
        tags: STRINGS,
        path_rules: { elements: { name: 'PathRule', members: { pattern: 'string', action: 'string' } } },
    },
};
const MANIFEST = {
    name: 'SchemaManifest',
    members: {
        version: 'string',
        service_name: 'string',
        service_version: 'string',
        instance_id: 'string',
        instance: INSTANCE,
        schemas: { elements: SCHEMA },
        capabilities: STRINGS,
        endpoints: {
            name: 'SchemaEndpoints',
            members: {
                health: 'string',
                metrics: 'string',
                openapi: 'string',
                asyncapi: 'string',
                grpc_reflection: 'bool',
                graphql: 'string',
            },
        },
        routing: ROUTING,
        auth: { name: 'AuthConfig', members: { required_scopes: STRINGS, public_routes: STRINGS } },
        webhook: {
            name: 'WebhookConfig',
            members: {
                service_webhook: 'string',
                gateway_webhook: 'string',
                secret: 'string',
                subscribe_events: STRINGS,
                publish_events: STRINGS,
            },
        },
        updated_at: 'int64',
        checksum: 'string',
        route_table: {
            elements: {
                name: 'RouteDescriptor',
                members: { path: 'string', methods: STRINGS, protocol: 'string', operation_id: 'string' },
            },
        },
        routes_checksum: 'string',
    },
};
/** @returns the error of Go's decoder, '' when it would take the document */
export function goTypeFault(document) {
    if (document === null || document === undefined)
        return '';
    if (!isObject(document))
        return `json: cannot unmarshal ${jsonKind(document)} into Go value of type farp.SchemaManifest`;
    return structFault(document, MANIFEST, '');
}
function structFault(object, type, path) {
    for (const [name, member] of Object.entries(type.members)) {
        const fault = valueFault(memberOf(object, name), member, type, path === '' ? name : `${path}.${name}`);
        if (fault !== '')
            return fault;
    }
    return '';
}
/** `null` leaves any member as it is. */
function valueFault(value, type, owner, path) {
    if (value === null || value === undefined || type === 'any')
        return '';
    if (typeof type === 'string') {
        return fits(value, type) ? '' : fault(valueKind(value), owner, path, type);
    }
    if ('name' in type) {
        return isObject(value)
            ? structFault(value, type, path)
            : fault(valueKind(value), owner, path, `farp.${type.name}`);
    }
    if ('values' in type) {
        if (!isObject(value))
            return fault(valueKind(value), owner, path, 'map[string]string');
        return firstFault(Object.values(value), type.values, owner, path);
    }
    if (!Array.isArray(value))
        return fault(valueKind(value), owner, path, `[]${typeName(type.elements)}`);
    return firstFault(value, type.elements, owner, path);
}
function firstFault(values, type, owner, path) {
    for (const value of values) {
        const found = valueFault(value, type, owner, path);
        if (found !== '')
            return found;
    }
    return '';
}
function fits(value, type) {
    if (type === 'string')
        return typeof value === 'string';
    if (type === 'bool')
        return typeof value === 'boolean';
    return typeof value === 'number' && (type === 'float64' || Number.isInteger(value));
}
/** Numbers that do not fit an integer are shown, as Go does. */
function valueKind(value) {
    return typeof value === 'number' && !Number.isInteger(value) ? `number ${value}` : jsonKind(value);
}
function typeName(type) {
    if (typeof type === 'string')
        return type;
    return 'name' in type ? `farp.${type.name}` : '';
}
function fault(kind, owner, path, type) {
    return `json: cannot unmarshal ${kind} into Go struct field ${owner.name}.${path} of type ${type}`;
}
//# sourceMappingURL=go-types.js.map