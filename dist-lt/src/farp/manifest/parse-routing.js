export const MOUNT_STRATEGIES = [
    'root',
    'instance',
    'service',
    'versioned',
    'custom',
    'subdomain',
];
/** 1.5 and 7.1 to 7.4. What cannot be used falls back to the strategy `service`, which every service can be mounted by. */
export function parseRouting(fields) {
    const basePath = fields.string('base_path');
    const subdomain = fields.string('subdomain');
    return {
        strategy: parseStrategy(fields, basePath, subdomain),
        basePath,
        subdomain,
        rewrite: parseRewrite(fields),
        stripPrefix: fields.boolean('strip_prefix'),
        priority: fields.clamped('priority', 0, 100, 50),
        tags: fields.strings('tags'),
        pathRules: parsePathRules(fields),
    };
}
function parseStrategy(fields, basePath, subdomain) {
    const stated = fields.string('strategy').toLowerCase();
    let fault = '';
    if (stated === '')
        return 'service';
    if (!MOUNT_STRATEGIES.includes(stated))
        fault = `invalid mount strategy: ${stated}`;
    else if (stated === 'custom' && basePath === '')
        fault = 'base path is required for custom mount strategy';
    else if (stated === 'subdomain' && subdomain === '')
        fault = 'subdomain is required for subdomain mount strategy';
    if (fault === '')
        return stated;
    fields.warn('strategy', `${fault}; taken as service`);
    return 'service';
}
function parseRewrite(fields) {
    return fields.objects('rewrite').flatMap((rule) => {
        const pattern = rule.string('pattern');
        if (pattern === '')
            rule.warn('pattern', 'required; the rule is ignored');
        return pattern === '' ? [] : [{ pattern, replacement: rule.string('replacement') }];
    });
}
/** Every action but `include` excludes: that is how the services' own library reads it, and the safe side. */
function parsePathRules(fields) {
    return fields.objects('path_rules').flatMap((rule) => {
        const pattern = rule.string('pattern');
        if (pattern === '')
            rule.warn('pattern', 'required; the rule is ignored');
        return pattern === '' ? [] : [{ pattern, include: rule.string('action') === 'include' }];
    });
}
//# sourceMappingURL=parse-routing.js.map