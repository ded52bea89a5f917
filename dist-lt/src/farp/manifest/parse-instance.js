const STATUSES = new Set([
    'starting',
    'healthy',
    'degraded',
    'unhealthy',
    'draining',
    'stopping',
]);
const ROLES = new Set(['primary', 'canary', 'blue', 'green', 'shadow']);
/** 1.4. Absent weight is 100; Go cannot send 0. */
export function parseInstance(fields) {
    if (fields === null)
        return null;
    return {
        address: fields.string('address'),
        region: fields.string('region'),
        zone: fields.string('zone'),
        labels: fields.stringMap('labels'),
        weight: fields.clamped('weight', 0, 100, 100),
        status: parseStatus(fields),
        role: parseRole(fields),
        deployment: parseDeployment(fields.object('deployment')),
    };
}
/** A status of tomorrow is not known to be ready, so it is not. */
function parseStatus(fields) {
    const status = fields.string('status').toLowerCase();
    if (status === '' || STATUSES.has(status))
        return status;
    fields.warn('status', 'unknown; taken as starting');
    return 'starting';
}
function parseRole(fields) {
    const role = fields.string('role').toLowerCase();
    if (role === '' || ROLES.has(role))
        return role;
    fields.warn('role', 'unknown; ignored');
    return '';
}
function parseDeployment(fields) {
    if (fields === null)
        return null;
    const id = fields.string('deployment_id');
    if (id === '')
        fields.warn('deployment_id', 'deployment ID is required');
    return {
        id,
        strategy: fields.string('strategy'),
        trafficPercent: fields.clamped('traffic_percent', 0, 100, -1),
        stage: fields.string('stage'),
    };
}
//# sourceMappingURL=parse-instance.js.map