/** Which name every component of every service has in the merged document. */
import { isObject, type JsonObject, objectOf, pointerTokens } from '../shared/json.ts';
import { legalName, NameUsers, takeName } from './names.ts';

/** As much of a document as naming needs. */
export interface Named {
  readonly service: string;
  readonly document: JsonObject;
  /** The service asks for this prefix everywhere; `''`: only names that collide get one. */
  readonly componentPrefix: string;
}

/** Per document: `section/name` to the name in the merged document. */
export type ComponentNames<T> = ReadonlyMap<T, ReadonlyMap<string, string>>;

/**
 * A name that two services use for different things is prefixed in both of them, so that it does not depend on who came
 * first. Equal components with the same name are one, as long as all that they refer to is.
 *
 * @param renamed is told of every collision
 */
export function nameComponents<T extends Named>(
  documents: readonly T[],
  sections: readonly string[],
  renamed: (service: string, section: string, name: string, to: string) => void,
): ComponentNames<T> {
  const shared = collisions(documents, sections);
  const taken = new Map<string, Set<string>>();
  const plain = new Map<string, string>();
  const names = new Map<T, Map<string, string>>();
  for (const document of documents) {
    const own = new Map<string, string>();
    for (const [section, name] of componentsOf(document.document, sections)) {
      const key = `${section}/${name}`;
      const { componentPrefix } = document;
      const used = taken.get(section) ?? new Set();
      taken.set(section, used);
      if (componentPrefix !== '' || shared.has(key)) {
        const to = takeName(`${legalName(componentPrefix || document.service)}_${legalName(name)}`, used);
        own.set(key, to);
        if (componentPrefix === '') renamed(document.service, section, name, to);
      } else {
        const known = plain.get(key);
        const to = known ?? takeName(legalName(name), used);
        plain.set(key, to);
        own.set(key, to);
      }
    }
    names.set(document, own);
  }
  return names;
}

export function* componentsOf(
  document: JsonObject,
  sections: readonly string[],
): Generator<[section: string, name: string, value: unknown]> {
  const components = objectOf(document['components']);
  for (const section of sections) {
    for (const [name, value] of Object.entries(objectOf(components[section]))) yield [section, name, value];
  }
}

function collisions(documents: readonly Named[], sections: readonly string[]): Set<string> {
  const users = new NameUsers();
  const references = new Map<string, Set<string>>();
  documents.forEach(({ document, componentPrefix }, index) => {
    if (componentPrefix !== '') return;
    for (const [section, name, value] of componentsOf(document, sections)) {
      const key = `${section}/${name}`;
      users.add(key, String(index), JSON.stringify(value));
      const known = references.get(key) ?? new Set();
      references.set(key, known);
      collectReferences(value, known);
    }
  });
  const shared = new Set([...references.keys()].filter((key) => users.isShared(key)));
  // Equal texts that refer to different things are different things.
  for (let grown = true; grown; ) {
    grown = false;
    for (const [key, targets] of references) {
      if (shared.has(key) || !users.isUsedTwice(key) || ![...targets].some((target) => shared.has(target)))
        continue;
      shared.add(key);
      grown = true;
    }
  }
  return shared;
}

function collectReferences(value: unknown, into: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collectReferences(item, into);
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (typeof member !== 'string') collectReferences(member, into);
      else if (key === '$ref') {
        const [first, section, name] = pointerTokens(member) ?? [];
        if (first === 'components' && name !== undefined) into.add(`${section}/${name}`);
      }
    }
  }
}
