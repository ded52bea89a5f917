import type { CheckedPlugin } from '../checked-plugin.ts';

/** The built-in plugins without their schemas, one by one: a worker carries what its routes use. */
const RUNTIMES = new Map<string, () => Promise<CheckedPlugin<never>>>([
  ['basic-auth', async () => (await import('./basic-auth/basic-auth.ts')).basicAuthPlugin],
  ['compression', async () => (await import('./compression/compression.ts')).compressionPlugin],
  ['cors', async () => (await import('./cors/cors.ts')).corsPlugin],
  ['headers', async () => (await import('./headers/headers.ts')).headersPlugin],
  ['ip-filter', async () => (await import('./ip-filter/ip-filter.ts')).ipFilterPlugin],
  ['rate-limit', async () => (await import('./rate-limit/rate-limit.ts')).rateLimitPlugin],
  ['request-id', async () => (await import('./request-id/request-id.ts')).requestIdPlugin],
]);

/** @param name as configured: `rate_limit` is also understood as `rate-limit` */
export async function importBuiltin(name: string): Promise<CheckedPlugin<never> | undefined> {
  return await (RUNTIMES.get(name) ?? RUNTIMES.get(name.replaceAll('_', '-')))?.();
}
