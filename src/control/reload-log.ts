/** Tells the log what came of a reload. */
import type { ControlLog } from './log.ts';
import type { ReloadResult, ReloadTrigger } from './reloader.ts';
import type { InForce } from './status.ts';

export function logReload(log: ControlLog, result: ReloadResult, triggers: readonly ReloadTrigger[]): void {
  const { outcome, version, problems, warnings } = result;
  const fields = { trigger: triggers.join(','), version };
  for (const warning of warnings) log.warn(warning);
  if (triggers.every((trigger) => trigger === 'discovery') && outcome !== 'refused') {
    log.debug(`discovered routes ${outcome}`, fields);
  } else if (outcome === 'applied') log.info('configuration applied', fields);
  else if (outcome === 'unchanged') {
    // Nobody waits for an answer to a touched file.
    const asked = triggers.some((trigger) => trigger !== 'file');
    log[asked ? 'info' : 'debug']('configuration unchanged', fields);
  } else {
    for (const problem of problems) log.error(problem);
    log.error('configuration refused, the one in force stays', { ...fields, problems: problems.length });
  }
}

/** More would bury the rest; the admin API lists all of them. */
const MOST_LISTED = 20;

/** Tells the log which routes of a new generation will not do what their author hoped for, each once. */
export class RouteLog {
  readonly #log: ControlLog;
  #told: ReadonlySet<string> = new Set();

  constructor(log: ControlLog) {
    this.#log = log;
  }

  published({ refused, conflicts }: InForce): void {
    const lines = new Map<string, () => void>();
    for (const { route, reason } of refused) {
      const fields = { route: route.id, origin: route.origin, reason };
      lines.set(`${route.id} ${reason}`, () => this.#log.warn('a route was left out', fields));
    }
    for (const { winner, loser, methods } of conflicts) {
      const fields = {
        route: loser.id,
        origin: loser.origin,
        winner: winner.id,
        winner_origin: winner.origin,
        methods: methods.join(','),
      };
      lines.set(`${loser.id} ${winner.id} ${fields.methods}`, () =>
        this.#log.warn('a route lost to another one with the same match', fields),
      );
    }
    const fresh = [...lines].filter(([key]) => !this.#told.has(key));
    this.#told = new Set(lines.keys());
    for (const [, tell] of fresh.slice(0, MOST_LISTED)) tell();
    const unlisted = fresh.length - MOST_LISTED;
    if (unlisted > 0)
      this.#log.warn(`${unlisted} more routes were left out or lost; see /_/routes of the admin API`);
  }
}
