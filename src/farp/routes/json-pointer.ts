import { isRecord } from './service-path.ts';

/** A chain of references longer than this is a circle or an attack. */
const MAX_STEPS = 16;

/** Follows `$ref`s within the document. @returns undefined when they lead nowhere, outside or in a circle */
export function resolveRef(document: unknown, value: unknown): unknown {
  let current = value;
  for (let step = 0; step < MAX_STEPS; step++) {
    if (!isRecord(current) || typeof current['$ref'] !== 'string') return current;
    current = atPointer(document, current['$ref']);
  }
  return undefined;
}

function atPointer(document: unknown, ref: string): unknown {
  if (ref !== '#' && !ref.startsWith('#/')) return undefined;
  let current = document;
  for (const raw of ref.split('/').slice(1)) {
    const token = decode(raw).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(current)) current = /^\d+$/.test(token) ? current[Number(token)] : undefined;
    else current = isRecord(current) && Object.hasOwn(current, token) ? current[token] : undefined;
  }
  return current;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
