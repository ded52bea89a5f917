/** Tells the log what came of a reload. */
import type { ControlLog } from './log.ts';
import type { ReloadResult, ReloadTrigger } from './reloader.ts';

export function logReload(log: ControlLog, result: ReloadResult, triggers: readonly ReloadTrigger[]): void {
  const { outcome, version, problems, warnings } = result;
  const fields = { trigger: triggers.join(','), version };
  for (const warning of warnings) log.warn(warning);
  if (outcome === 'applied') log.info('configuration applied', fields);
  else if (outcome === 'unchanged') log.info('configuration unchanged', fields);
  else {
    for (const problem of problems) log.error(problem);
    log.error('configuration refused, the one in force stays', { ...fields, problems: problems.length });
  }
}
