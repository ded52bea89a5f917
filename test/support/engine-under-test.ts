/**
 * `it` of the conformance tests. OCTOPUS_TEST_ENGINE names the engine they run on; a test of something that the engine
 * is known to refuse, or to do otherwise, is skipped there and says by which rule.
 */
import * as node from 'node:test';
import { KNOWN_DIFFERENCES, KNOWN_REFUSALS, type KnownRefusal } from '../../src/engine/uws/known-refusals.ts';
import { ENGINE } from './gateway.ts';

export function it(title: string, body: () => Promise<void> | void): void {
  const rule = ENGINE === 'uws' ? knownBy(title) : null;
  void node.it(title, rule === null ? {} : { skip: `known of the engine uws: rule ${rule}` }, body);
}

function knownBy(title: string): string | null {
  return [...KNOWN_REFUSALS, ...KNOWN_DIFFERENCES].find(({ tests }) => tests?.includes(title))?.rule ?? null;
}

/** Ids of the corpus that the entry is about. */
export function idsOf({ rule, cases }: { readonly rule: string; readonly cases: string }): string[] {
  return cases === '' ? [] : cases.split(' ').map((name) => `${rule}-${name}`);
}

/** Titles of the tests that are skipped on the engine uws. */
export function skippedTitles(): string[] {
  return [...KNOWN_REFUSALS, ...KNOWN_DIFFERENCES].flatMap(({ tests = [] }) => tests);
}

export function refusalOf(id: string): KnownRefusal | null {
  return KNOWN_REFUSALS.find((known) => idsOf(known).includes(id)) ?? null;
}

/** The engine uws serves the case in another way. */
export function isDifferent(id: string): boolean {
  return KNOWN_DIFFERENCES.some((known) => idsOf(known).includes(id));
}
