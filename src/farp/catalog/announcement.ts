/** What an instance says, with its metadata (protocol digest 6.1), about where its manifest is. */
import type { ServiceInstance } from '../../discovery/provider.ts';
import { schemaTypesIn } from './bare-manifest.ts';

export type Announcement =
  /** It says nothing of FARP. */
  | { readonly kind: 'none' }
  /** The manifest itself, as text. */
  | { readonly kind: 'inline'; readonly text: string }
  /** A URL, or a path at the instance. */
  | { readonly kind: 'url'; readonly url: string }
  /** There is no manifest, but the metadata say enough for one. */
  | { readonly kind: 'bare' };

export const MANIFEST_PATH = '/_farp/manifest';

export function announcementOf({ metadata }: ServiceInstance): Announcement {
  const enabled = (metadata['farp.enabled'] ?? '').trim().toLowerCase();
  if (enabled === 'false') return { kind: 'none' };
  const inline = metadata['schema_manifest'] ?? '';
  if (inline !== '') return { kind: 'inline', text: inline };
  const url = metadata['farp.manifest'] ?? '';
  if (url !== '') return { kind: 'url', url };
  if (enabled === 'true') return { kind: 'url', url: MANIFEST_PATH };
  return schemaTypesIn(metadata).length > 0 ? { kind: 'bare' } : { kind: 'none' };
}
