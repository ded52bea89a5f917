import { execFileSync } from 'node:child_process';
import path from 'node:path';

/** Paths of PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A self-signed one on the curve that everybody uses, made with openssl. @throws Error when that is missing */
export function makeCertificate(directory: string): Certificate {
  const cert = path.join(directory, 'cert.pem');
  const key = path.join(directory, 'key.pem');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...curve, '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', cert],
    { stdio: 'pipe' },
  );
  return { cert, key };
}
