/** Where the paths of a service appear on the gateway (7.1). */
import { canonicalLiteral } from '../../routing/pattern.js';
const SERVICE = {
    strategy: 'service',
    basePath: '',
    subdomain: '',
    rewrite: [],
    stripPrefix: false,
    priority: 50,
    tags: [],
    pathRules: [],
};
/** @param domain host names of services are below it; `''` when the gateway has none */
export function mountsOf(service, domain, complain) {
    const { name, instances } = service;
    const routing = service.manifest?.routing ?? SERVICE;
    const whole = { upstream: name, instances };
    switch (routing.strategy) {
        case 'root': {
            const strip = routing.stripPrefix ? pathPrefix(routing.basePath) : '';
            return [{ ...whole, prefix: '', host: '', strip }];
        }
        case 'custom':
            return [mountAt(pathPrefix(routing.basePath), whole)];
        case 'instance':
            return instances.map((instance) => mountAt(segment(instance.id.toLowerCase()), {
                upstream: `${name}~${instance.id}`,
                instances: [instance],
            }));
        case 'versioned':
            return byVersion(instances).map(([version, group]) => {
                const prefix = segment(name) + (version === '' ? '' : segment(version));
                return mountAt(prefix, { upstream: version === '' ? name : `${name}~${version}`, instances: group });
            });
        case 'subdomain': {
            const host = `${routing.subdomain.toLowerCase()}.${domain}`;
            if (domain !== '' && /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]+$/.test(host)) {
                return [{ ...whole, prefix: '', host, strip: '' }];
            }
            complain('routing.subdomain', domain === ''
                ? `the service wants to be ${routing.subdomain}.DOMAIN, but farp.domain is not set; it is at /${name} instead`
                : `${host} is no host name; the service is at /${name} instead`);
            return byName(service, whole);
        }
        default:
            return byName(service, whole);
    }
}
/** Lower case, and as the service spells itself if that is something else (14, row 3). */
function byName({ name, manifest }, whole) {
    const spelled = manifest?.serviceName ?? name;
    const names = spelled !== name && spelled.toLowerCase() === name ? [name, spelled] : [name];
    return names.map((each) => mountAt(segment(each), whole));
}
function mountAt(prefix, whole) {
    return { ...whole, prefix, host: '', strip: prefix };
}
function byVersion(instances) {
    const groups = new Map();
    for (const instance of instances) {
        const version = (instance.manifest?.serviceVersion || instance.version).toLowerCase();
        const group = groups.get(version);
        if (group === undefined)
            groups.set(version, [instance]);
        else
            group.push(instance);
    }
    return [...groups];
}
function segment(text) {
    return `/${canonicalLiteral(encodeURIComponent(text))}`;
}
/** `base/` and `/base//x` are meant as `/base` and `/base/x`. */
function pathPrefix(text) {
    const segments = text.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
    return segments.map((part) => `/${canonicalLiteral(encodeURI(part))}`).join('');
}
//# sourceMappingURL=mount.js.map