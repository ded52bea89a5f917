/** What goes into merged documents. Plain data: the work is done in another thread. */

export interface DocumentedService {
  /** Lower case; in front of names that two services use. */
  readonly name: string;
  readonly version: string;
  /** Earlier in the list wins a path that two services have; the documents themselves are ordered by name. */
  readonly schemas: readonly DocumentedSchema[];
}

export interface DocumentedSchema {
  readonly type: 'openapi' | 'asyncapi';
  readonly document: unknown;
  /** Equal digests mean equal documents. */
  readonly digest: string;
  /** Host of the service on the gateway; `''` for every host. */
  readonly host: string;
  /** Path or channel as the document spells it to the path on the gateway. What is missing here is not exposed. */
  readonly paths: Readonly<Record<string, string>>;
  /** `metadata.<type>` of the manifest. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface DocumentInfo {
  readonly title: string;
  readonly description: string;
  readonly version: string;
}

export interface MergeInput {
  readonly info: DocumentInfo;
  readonly services: readonly DocumentedService[];
}

export interface MergedDocument {
  readonly document: Record<string, unknown>;
  readonly conflicts: readonly DocumentConflict[];
}

/** Two services wanted the same, or a document could not be used. */
export interface DocumentConflict {
  readonly service: string;
  /** `path`, `schemas`, `operationId`, `tag`, `document`, … */
  readonly kind: string;
  readonly item: string;
  readonly resolution: string;
}
