export function logReload(log, result, triggers) {
    const { outcome, version, problems, warnings } = result;
    const fields = { trigger: triggers.join(','), version };
    for (const warning of warnings)
        log.warn(warning);
    if (outcome === 'applied')
        log.info('configuration applied', fields);
    else if (outcome === 'unchanged') {
        // Nobody waits for an answer to a touched file.
        const asked = triggers.some((trigger) => trigger !== 'file');
        log[asked ? 'info' : 'debug']('configuration unchanged', fields);
    }
    else {
        for (const problem of problems)
            log.error(problem);
        log.error('configuration refused, the one in force stays', { ...fields, problems: problems.length });
    }
}
/** More would bury the rest; the admin API lists all of them. */
const MOST_LISTED = 20;
/** Routes of the new generation that will not do what their author hoped for. */
export function logRoutes(log, { refused, conflicts }) {
    for (const { route, reason } of refused.slice(0, MOST_LISTED)) {
        log.warn('a route was left out', { route: route.id, origin: route.origin, reason });
    }
    for (const { winner, loser, methods } of conflicts.slice(0, MOST_LISTED)) {
        log.warn('a route lost to another one with the same match', {
            route: loser.id,
            origin: loser.origin,
            winner: winner.id,
            winner_origin: winner.origin,
            methods: methods.join(','),
        });
    }
    const unlisted = Math.max(0, refused.length - MOST_LISTED) + Math.max(0, conflicts.length - MOST_LISTED);
    if (unlisted > 0)
        log.warn(`${unlisted} more routes were left out or lost; see /_/routes of the admin API`);
}
//# sourceMappingURL=reload-log.js.map