/** The part of the admin server that a reload may change. */
export function adminSettings({ admin, observability }) {
    const { auth } = admin;
    const { metrics } = observability;
    return {
        // The loader refuses `basic` without name or hash; an empty hash would match no password.
        auth: auth.type === 'basic'
            ? { username: auth.username ?? '', passwordHash: auth.password_hash ?? '' }
            : null,
        metricsPath: metrics.enabled ? metrics.path : '',
        metricsPublic: admin.metrics_public,
    };
}
//# sourceMappingURL=admin-settings.js.map