import type { Config } from '../../config/schema/schema.ts';
import type { DocumentInfo } from '../../federation/model.ts';

export interface DocumentSettings {
  readonly info: DocumentInfo;
  /** Where clients reach the gateway; `''`: at the host name that the documents are asked for under, and `port`. */
  readonly publicUrl: string;
  /** Of the gateway's listener. */
  readonly port: number;
  /** `farp.domain`, or `''`. */
  readonly domain: string;
}

export function documentSettings({ farp, server }: Config): DocumentSettings {
  const { title, description, version, public_url: publicUrl } = farp.docs;
  return {
    info: { title, description, version },
    publicUrl: publicUrl ?? '',
    port: server.http_port,
    domain: farp.domain ?? '',
  };
}
