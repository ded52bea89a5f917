/** Which name every component of every service has in the merged document. */
import { isObject, objectOf, pointerTokens } from '../shared/json.js';
import { legalName, NameUsers, takeName } from './names.js';
/**
 * A name that two services use for different things is prefixed in both of them, so that it does not depend on who came
 * first. Equal components with the same name are one, as long as all that they refer to is.
 *
 * @param renamed is told of every collision
 */
export function nameComponents(documents, sections, renamed) {
    const shared = collisions(documents, sections);
    const taken = new Map();
    const plain = new Map();
    const names = new Map();
    for (const document of documents) {
        const own = new Map();
        for (const [section, name] of componentsOf(document.document, sections)) {
            const key = `${section}/${name}`;
            const { componentPrefix } = document;
            const used = taken.get(section) ?? new Set();
            taken.set(section, used);
            if (componentPrefix !== '' || shared.has(key)) {
                const to = takeName(`${legalName(componentPrefix || document.service)}_${legalName(name)}`, used);
                own.set(key, to);
                if (componentPrefix === '')
                    renamed(document.service, section, name, to);
            }
            else {
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
export function* componentsOf(document, sections) {
    const components = objectOf(document['components']);
    for (const section of sections) {
        for (const [name, value] of Object.entries(objectOf(components[section])))
            yield [section, name, value];
    }
}
function collisions(documents, sections) {
    const users = new NameUsers();
    const references = new Map();
    documents.forEach(({ document, componentPrefix }, index) => {
        if (componentPrefix !== '')
            return;
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
    for (let grown = true; grown;) {
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
function collectReferences(value, into) {
    if (Array.isArray(value)) {
        for (const item of value)
            collectReferences(item, into);
    }
    else if (isObject(value)) {
        for (const [key, member] of Object.entries(value)) {
            if (typeof member !== 'string')
                collectReferences(member, into);
            else if (key === '$ref') {
                const [first, section, name] = pointerTokens(member) ?? [];
                if (first === 'components' && name !== undefined)
                    into.add(`${section}/${name}`);
            }
        }
    }
}
//# sourceMappingURL=components.js.map