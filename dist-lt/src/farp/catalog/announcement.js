import { schemaTypesIn } from './bare-manifest.js';
export const MANIFEST_PATH = '/_farp/manifest';
export function announcementOf({ metadata }) {
    const enabled = (metadata['farp.enabled'] ?? '').trim().toLowerCase();
    if (enabled === 'false')
        return { kind: 'none' };
    const inline = metadata['schema_manifest'] ?? '';
    if (inline !== '')
        return { kind: 'inline', text: inline };
    const url = metadata['farp.manifest'] ?? '';
    if (url !== '')
        return { kind: 'url', url };
    if (enabled === 'true')
        return { kind: 'url', url: MANIFEST_PATH };
    return schemaTypesIn(metadata).length > 0 ? { kind: 'bare' } : { kind: 'none' };
}
//# sourceMappingURL=announcement.js.map