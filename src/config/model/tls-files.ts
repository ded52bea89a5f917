/** Which files the `tls` settings name. They are read when the gateway starts: `validate` runs on other machines too. */
import path from 'node:path';
import { formatPlace } from '../problems.ts';
import type { Config, UpstreamConfig } from '../schema/schema.ts';
import { type ConfigNode, nameOf, placeOf, type TreePath } from '../tree.ts';

export interface TlsFile {
  /** Absolute. Relative paths start at the folder of the configuration file. */
  readonly file: string;
  /** `octopus.yaml:5:9: tls.cert`, for reports. */
  readonly name: string;
}

export interface CertificateFiles {
  readonly cert: TlsFile;
  readonly key: TlsFile;
  readonly ocsp: TlsFile | null;
  /** Empty: the names in the certificate. */
  readonly hosts: readonly string[];
}

export interface UpstreamTlsFiles {
  readonly upstream: string;
  readonly ca: TlsFile | null;
  readonly cert: TlsFile | null;
  readonly key: TlsFile | null;
}

export interface TlsFiles {
  /** Empty when TLS towards clients is off. */
  readonly certificates: readonly CertificateFiles[];
  readonly clientCa: TlsFile | null;
  readonly upstreams: readonly UpstreamTlsFiles[];
}

interface UpstreamItem {
  readonly value: UpstreamConfig;
  readonly path: TreePath;
}

export function tlsFiles(
  tls: Config['tls'] | undefined,
  upstreams: readonly UpstreamItem[],
  root: ConfigNode,
): TlsFiles {
  const fileAt = (spec: string, at: TreePath): TlsFile => {
    const place = placeOf(root, at);
    return {
      file: path.resolve(path.dirname(place.source.name), spec),
      name: `${formatPlace(place)}: ${nameOf(at)}`,
    };
  };
  const optional = (spec: string | undefined, at: TreePath): TlsFile | null =>
    spec === undefined ? null : fileAt(spec, at);

  const certificates: CertificateFiles[] = [];
  if (tls?.enabled && tls.cert !== undefined && tls.key !== undefined) {
    certificates.push({
      cert: fileAt(tls.cert, ['tls', 'cert']),
      key: fileAt(tls.key, ['tls', 'key']),
      ocsp: optional(tls.ocsp, ['tls', 'ocsp']),
      hosts: [],
    });
  }
  if (tls?.enabled) {
    for (const [index, { cert, key, ocsp, hosts }] of tls.certificates.entries()) {
      const at = ['tls', 'certificates', index];
      certificates.push({
        cert: fileAt(cert, [...at, 'cert']),
        key: fileAt(key, [...at, 'key']),
        ocsp: optional(ocsp, [...at, 'ocsp']),
        hosts: hosts ?? [],
      });
    }
  }
  return {
    certificates,
    clientCa: tls?.enabled ? optional(tls.client_ca, ['tls', 'client_ca']) : null,
    upstreams: upstreams.flatMap(({ value, path: at }) => {
      const { name, tls: own } = value;
      if (own === undefined) return [];
      return {
        upstream: name,
        ca: optional(own.ca, [...at, 'tls', 'ca']),
        cert: optional(own.cert, [...at, 'tls', 'cert']),
        key: optional(own.key, [...at, 'tls', 'key']),
      };
    }),
  };
}

/** Every file, for the watcher. */
export function allTlsFiles({ certificates, clientCa, upstreams }: TlsFiles): string[] {
  const files = [
    clientCa,
    ...certificates.flatMap(({ cert, key, ocsp }) => [cert, key, ocsp]),
    ...upstreams.flatMap(({ ca, cert, key }) => [ca, cert, key]),
  ];
  return files.flatMap((one) => (one === null ? [] : one.file));
}
