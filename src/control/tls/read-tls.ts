/** Reads and checks the files that the `tls` settings name. All faults are reported at once, each with its key. */
import { createHash, type X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { CertificateFiles, TlsFile, TlsFiles, UpstreamTlsFiles } from '../../config/model/tls-files.ts';
import type { Config } from '../../config/schema/schema.ts';
import type { Credentials, ServerCertificate, TlsSettings } from '../../shared/tls-settings.ts';
import { checkKey, describeLeaf, readChain } from './certificate.ts';
import type { TlsMaterial } from './material.ts';

export interface ReadTls extends TlsMaterial {
  /** `file:line:col: key: path: what is wrong`; with any of them the material is not to be used. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Of the credentials, by upstream. */
  readonly digests: Readonly<Record<string, string>>;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
};

export async function readTls(files: TlsFiles, tls: Config['tls'], http2: boolean): Promise<ReadTls> {
  const reader = new TlsReader(http2 ? ['h2', 'http/1.1'] : ['http/1.1']);
  const server = files.certificates.length === 0 ? null : await reader.server(files, tls);
  const credentials: Record<string, Credentials> = {};
  const digests: Record<string, string> = {};
  for (const upstream of files.upstreams) {
    const own = await reader.credentials(upstream);
    if (own === null) continue;
    const digest = digestOf([own.ca, own.cert, own.key]);
    credentials[digest] = own;
    digests[upstream.upstream] = digest;
  }
  return { server, credentials, digests, problems: reader.problems, warnings: reader.warnings };
}

class TlsReader {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];
  readonly #now = Date.now();
  readonly #alpn: readonly string[];

  constructor(alpn: readonly string[]) {
    this.#alpn = alpn;
  }

  async server({ certificates, clientCa }: TlsFiles, tls: Config['tls']): Promise<TlsSettings | null> {
    const ca = clientCa === null ? '' : await this.#authorities(clientCa);
    const read: ServerCertificate[] = [];
    for (const files of certificates) {
      const certificate = await this.#certificate(files);
      if (certificate !== null) read.push(certificate);
    }
    if (this.problems.length > 0) return null;
    this.#warnAboutHidden(read, certificates);
    const settings: Omit<TlsSettings, 'certificates' | 'digest'> = {
      minVersion: tls.min_version === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
      ciphers: tls.ciphers,
      alpn: this.#alpn,
      clientCa: ca,
      clientAuth: clientCa === null ? 'none' : (tls.client_auth ?? 'required'),
      forwardClientCert: tls.forward_client_cert,
      strictHost: tls.strict_host,
      sessionTimeout: tls.session_timeout,
      handshakeTimeout: tls.handshake.timeout,
      handshakeLimit: tls.handshake.max_pending,
    };
    const parts = read.flatMap(({ cert, key, hosts, ocsp }) => [cert, key, hosts.join(), hex(ocsp)]);
    return { ...settings, certificates: read, digest: digestOf([JSON.stringify(settings), ...parts]) };
  }

  /** @returns null when there are no files or one of them is at fault */
  async credentials({ ca, cert, key }: UpstreamTlsFiles): Promise<Credentials | null> {
    if (ca === null && cert === null) return null;
    const authorities = ca === null ? '' : await this.#authorities(ca);
    if (cert === null || key === null) return { ca: authorities, cert: '', key: '' };
    const pair = await this.#pair(cert, key);
    return pair === null ? null : { ca: authorities, cert: pair.cert, key: pair.key };
  }

  async #certificate({ cert, key, ocsp, hosts }: CertificateFiles): Promise<ServerCertificate | null> {
    const pair = await this.#pair(cert, key);
    const response = ocsp === null ? null : await this.#read(ocsp);
    if (pair === null) return null;
    if (response?.toString('latin1').startsWith('-----BEGIN')) {
      this.#problem(ocsp!, 'is PEM; OCSP responses are stapled in DER form');
    }
    return {
      cert: pair.cert,
      key: pair.key,
      hosts: hosts.length > 0 ? hosts : describeLeaf(pair.leaf, this.#now).hosts,
      ocsp: response,
    };
  }

  async #pair(
    certFile: TlsFile,
    keyFile: TlsFile,
  ): Promise<{ cert: string; key: string; leaf: X509Certificate } | null> {
    const [cert, key] = await Promise.all([this.#text(certFile), this.#text(keyFile)]);
    const chain = cert === null ? null : this.#attempt(certFile, () => readChain(cert));
    const leaf = chain?.[0];
    if (cert === null || key === null || leaf === undefined) return null;
    for (const warning of describeLeaf(leaf, this.#now).warnings) {
      this.warnings.push(`${certFile.name}: warning: ${certFile.file}: the certificate ${warning}`);
    }
    return this.#attempt(keyFile, () => {
      checkKey(key, leaf);
      return { cert, key, leaf };
    });
  }

  async #authorities(file: TlsFile): Promise<string> {
    const text = await this.#text(file);
    if (text !== null) this.#attempt(file, () => readChain(text));
    return text ?? '';
  }

  /** Two certificates for one name: the first one answers. */
  #warnAboutHidden(certificates: readonly ServerCertificate[], files: readonly CertificateFiles[]): void {
    const seen = new Map<string, number>();
    certificates.forEach(({ hosts }, index) => {
      for (const host of hosts) {
        const earlier = seen.get(host);
        if (earlier === undefined) seen.set(host, index);
        else {
          const [name, other] = [files[index]!.cert.name, files[earlier]!.cert.name];
          this.warnings.push(`${name}: warning: ${host} is served by the certificate of ${other}`);
        }
      }
    });
  }

  async #text(file: TlsFile): Promise<string | null> {
    return (await this.#read(file))?.toString('latin1') ?? null;
  }

  async #read(file: TlsFile): Promise<Buffer | null> {
    try {
      return await readFile(file.file);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      this.#problem(file, `cannot be read: ${REASONS[code] ?? code}`);
      return null;
    }
  }

  #attempt<T>(file: TlsFile, action: () => T): T | null {
    try {
      return action();
    } catch (error) {
      this.#problem(file, (error as Error).message);
      return null;
    }
  }

  #problem(file: TlsFile, message: string): void {
    this.problems.push(`${file.name}: ${file.file} ${message}`);
  }
}

function hex(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString('hex');
}

function digestOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}\n${part}`);
  return hash.digest('base64');
}
