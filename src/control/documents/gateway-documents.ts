import { createHash } from 'node:crypto';
import type { DocumentText } from '../../admin/state.ts';
import type { Service } from '../../farp/model.ts';
import {
  type DocumentFormat,
  type DocumentKind,
  type DocumentSource,
  MergedDocuments,
} from '../../federation/merged-documents.ts';
import type { DocumentSettings } from './document-settings.ts';
import { documentedServices } from './documented-services.ts';

/** The merged documents of all services as the admin API serves them. */
export class GatewayDocuments {
  readonly #services: () => readonly Service[];
  readonly #settings: () => DocumentSettings;
  readonly #documents: MergedDocuments;
  #last: { services: readonly Service[]; settings: string; source: DocumentSource } | null = null;

  /** @param services gives the same list again as long as nothing has changed */
  constructor(services: () => readonly Service[], settings: () => DocumentSettings) {
    this.#services = services;
    this.#settings = settings;
    this.#documents = new MergedDocuments(() => this.#source());
  }

  /** @param host of the request that asks for it */
  get(kind: DocumentKind, format: DocumentFormat, host: string): Promise<DocumentText> {
    const { publicUrl, port } = this.#settings();
    return this.#documents.get(kind, format, publicUrl || `http://${hostName(host)}:${port}`);
  }

  close(): Promise<void> {
    return this.#documents.close();
  }

  #source(): DocumentSource {
    const services = this.#services();
    const { info, domain } = this.#settings();
    const settings = JSON.stringify({ info, domain });
    if (this.#last?.services === services && this.#last.settings === settings) return this.#last.source;
    const documented = documentedServices(services, domain);
    const outline = documented.map(({ name, version, schemas }) => ({
      name,
      version,
      schemas: schemas.map(({ document: _, ...rest }) => rest),
    }));
    const key = createHash('sha256')
      .update(JSON.stringify([settings, outline]))
      .digest('base64url');
    const source = { key, input: () => ({ info, services: documented }) };
    this.#last = { services, settings, source };
    return source;
  }
}

/** The header comes from anybody. */
function hostName(host: string): string {
  return /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d+)?$/.exec(host)?.[1] ?? 'localhost';
}
