import type { PluginHooks } from './api.ts';

export const HOOK_NAMES: readonly (keyof PluginHooks)[] = [
  'onRequest',
  'onRequestBody',
  'onUpstreamRequest',
  'onResponse',
  'onResponseBody',
  'onEnd',
];

/** What is wrong with what `setup` returned, or `''`. A misspelt hook would otherwise just never run. */
export function hooksFault(hooks: unknown): string {
  if (typeof hooks !== 'object' || hooks === null) return 'setup must return an object with hooks';
  const known: ReadonlySet<string> = new Set(HOOK_NAMES);
  for (const name of memberNames(hooks)) {
    if (!/^on[A-Z]/.test(name)) continue;
    if (!known.has(name)) return `there is no hook "${name}"; the hooks are ${HOOK_NAMES.join(', ')}`;
    const type = typeof (hooks as Readonly<Record<string, unknown>>)[name];
    if (type !== 'function' && type !== 'undefined') return `the hook "${name}" must be a function`;
  }
  return '';
}

/** Own and inherited names, also the methods of classes. */
function memberNames(value: object): Set<string> {
  const names = new Set<string>();
  for (
    let at: object | null = value;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  return names;
}
