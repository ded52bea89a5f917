/** What is done in a thread of its own: merging large documents takes long. */
import { stringify } from 'yaml';
import { mergeAsyncApi } from './asyncapi/merge.ts';
import type { MergeInput } from './model.ts';
import { mergeOpenApi } from './openapi/merge.ts';

export type MergeTask =
  | { readonly kind: 'openapi' | 'asyncapi'; readonly input: MergeInput }
  | { readonly kind: 'yaml'; readonly json: string };

/** A function by name: piscina runs the default or a named export. */
export function runMergeTask(task: MergeTask): string {
  if (task.kind === 'yaml') return stringify(JSON.parse(task.json), { aliasDuplicateObjects: false });
  const merged = task.kind === 'openapi' ? mergeOpenApi(task.input) : mergeAsyncApi(task.input);
  return JSON.stringify(merged.document);
}
