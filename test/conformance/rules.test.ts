/** Every rule of HTTP/1.x, HTTP/2, WebSocket and event streams, and every advisory about it that is known here, has a test that bears its name. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const SELF = path.basename(fileURLToPath(import.meta.url));

/** The compiled tests of this folder, of its corpus, of faults, TLS, HTTP/2 and streams. */
const SOURCES = [
  HERE,
  ...['corpus', '../faults', '../tls', '../http2', '../streams', '../interop'].map((folder) =>
    path.join(HERE, folder),
  ),
]
  .flatMap((folder) => readdirSync(folder).map((file) => path.join(folder, file)))
  .filter((file) => file.endsWith('.js') && path.basename(file) !== SELF)
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

const range = (letter: string, last: number): string[] =>
  Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);

const RULES = [
  ...range('A', 17),
  ...range('B', 15),
  ...range('C', 20),
  ...range('D', 4),
  ...['D6', 'D7', 'D8', 'D9'],
  ...range('E', 4),
];

/** Named in the advisories of Pingora, Envoy, HAProxy, Puma, Traefik, Fabio, oauth2-proxy, fastify, Bun. */
const ADVISORIES = [
  'CVE-2025-4366',
  'CVE-2026-2833',
  'CVE-2026-2835',
  'CVE-2026-2836',
  'CVE-2024-23326',
  'CVE-2019-9900',
  'CVE-2019-15226',
  'CVE-2023-40225',
  'CVE-2021-40346',
  'CVE-2023-25725',
  'CVE-2019-18277',
  'CVE-2023-40175',
  'CVE-2024-45410',
  'GHSA-5m6w-wvh7-57vm',
  'GHSA-6jwx-7vp4-9847',
  'GHSA-6384-m2mw-rf54',
  'CVE-2025-48865',
  'CVE-2025-64484',
  'GHSA-2q7r-29rg-6m5h',
  'GHSA-v2v2-hph8-q5xp',
  'oven-sh/bun#29732',
];

describe('coverage of the rules', () => {
  for (const rule of RULES) {
    it(`${rule} begins the title or id of a test`, () => {
      // As the first argument of a test or case, or as the id of one.
      assert.ok(new RegExp(`(\\(|\\[|id: )\\s*['"\`]${rule}[-:, ]`).test(SOURCES));
    });
  }

  for (const advisory of ADVISORIES) {
    it(`${advisory} names a test`, () => assert.ok(SOURCES.includes(advisory)));
  }
});
