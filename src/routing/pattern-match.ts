import type { PathPattern, Segment } from './pattern.ts';

/**
 * One pattern as a regular expression with a group per parameter: for reports, and for captures that are wanted after
 * the walk that found them. Takes the same captures as the matcher.
 */
export function patternRegex(pattern: PathPattern): RegExp {
  let source = pattern.segments.map(segmentSource).join('');
  if (pattern.tail === 'rest') source += '/(.+)';
  if (pattern.tail === 'wildcard') source += '/.*';
  return new RegExp(`^${source}$`, 's');
}

/** One segment with the slash before it. */
export function segmentSource(segment: Segment): string {
  return `/${segment.map(escapeRegex).join('([^/]+?)')}`;
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
