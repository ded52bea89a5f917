import { schemaAt, shapeOf } from './schema/walk.js';
import { isSecretPath } from './secrets.js';
import { closest, didYouMean } from './suggest.js';
import { nodeAt, placeOf, placeOfKey, toValue, } from './tree.js';
/**
 * Reports what is wrong with the part.
 *
 * @returns undefined when it cannot be used; a part whose only fault is a key that nobody knows can, without that key,
 *   for the checks that look at several parts
 */
export function checkPart(part, problems) {
    const node = nodeAt(part.root, part.path);
    const value = () => (node === undefined ? undefined : toValue(node, part.path.includes('config')));
    let result = part.schema.safeParse(value());
    if (!result.success && inferTypes(part, result.error.issues))
        result = part.schema.safeParse(value());
    if (result.success)
        return result.data;
    const { issues } = result.error;
    for (const issue of issues)
        reportIssue(part, issue, problems);
    return part.schema.safeParse(withoutUnknownKeys(value(), issues)).data;
}
/** @param value is changed */
function withoutUnknownKeys(value, issues) {
    for (const issue of issues) {
        if (issue.code !== 'unrecognized_keys')
            continue;
        const owner = issue.path.reduce((at, step) => at?.[step], value);
        for (const key of issue.keys)
            delete owner[key];
    }
    return value;
}
/**
 * A filled-in `${PORT}` is text until the schema asks for something else: only then is it read as the number or boolean
 * it spells, so that a user name of `123` stays text.
 *
 * @returns whether anything changed
 */
function inferTypes(part, issues) {
    let changed = false;
    for (const { issue, path } of leafIssues(issues, [])) {
        const node = nodeAt(part.root, [...part.path, ...path]);
        if (node?.kind !== 'scalar' || node.template === '' || typeof node.value !== 'string')
            continue;
        const wanted = issue.code === 'invalid_type'
            ? [issue.expected]
            : issue.code === 'invalid_value'
                ? issue.values.map((value) => typeof value)
                : [];
        const text = node.value.trim();
        if (wanted.some((type) => type === 'number' || type === 'int') &&
            text !== '' &&
            Number.isFinite(Number(text))) {
            node.value = Number(text);
            changed = true;
        }
        else if (wanted.includes('boolean') && /^(true|false)$/i.test(text)) {
            node.value = text.toLowerCase() === 'true';
            changed = true;
        }
    }
    return changed;
}
function* leafIssues(issues, prefix) {
    for (const issue of issues) {
        const path = [...prefix, ...issue.path];
        yield { issue, path };
        if (issue.code === 'invalid_union')
            for (const branch of issue.errors)
                yield* leafIssues(branch, path);
    }
}
function reportIssue(part, issue, problems) {
    const path = [...part.path, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
        const shape = shapeOf(schemaAt(part.schema, issue.path) ?? part.schema) ?? {};
        for (const key of issue.keys) {
            problems.error(placeOfKey(part.root, [...path, key]), unknownKey(key, path, Object.keys(shape)));
        }
        return;
    }
    if (issue.code === 'invalid_union') {
        // The branch whose outer form fits is the one the user meant: its complaints are the useful ones.
        const meant = issue.errors.filter((branch) => !branch.some(isWrongForm));
        if (meant.length === 1) {
            for (const inner of meant[0] ?? []) {
                reportIssue({ ...part, schema: part.schema, path: part.path }, { ...inner, path: [...issue.path, ...inner.path] }, problems);
            }
            return;
        }
    }
    const node = nodeAt(part.root, path);
    if (node === undefined || issue.code === 'invalid_key') {
        const place = node === undefined ? placeOf(part.root, path) : placeOfKey(part.root, path);
        problems.error(place, node === undefined ? missing(issue, path) : `${label(path)}: ${expectation(issue)}`);
        return;
    }
    const message = expectation(issue);
    const found = got(node, issue, path);
    const detail = found === '' || message.startsWith('expected') ? found : ` (${found.slice(2)})`;
    problems.error(node, `${label(path)}: ${message}${detail}${suggestion(issue, node, path)}`);
}
function isWrongForm(issue) {
    return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}
export function unknownKey(key, path, known) {
    const where = label(path) === '' ? '' : ` in ${label(path)}`;
    const best = closest(key, known);
    if (best !== null)
        return `unknown key "${key}"${where}. Did you mean "${best}"?`;
    return `unknown key "${key}"${where}; known are ${known.join(', ')}`;
}
function missing(issue, path) {
    const where = label(path.slice(0, -1));
    return `${where === '' ? '' : `${where}: `}"${String(path.at(-1))}" is missing; ${expectation(issue)}`;
}
const TYPE_NAMES = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map of keys and values',
    record: 'a map of keys and values',
};
function expectation(issue) {
    if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) {
        return `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    }
    if (issue.code === 'invalid_key')
        return issue.issues[0]?.message ?? 'expected another key';
    // Messages of plugin schemas come with a capital letter.
    return issue.message.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}
/** What stands there instead, unless it may be a secret. */
function got(node, issue, path) {
    if (node.kind !== 'scalar') {
        // Of a list that is too short, that it is a list is no news.
        const wrongKind = issue.code === 'invalid_type' || issue.code === 'invalid_union';
        return wrongKind ? `, got ${node.kind === 'list' ? 'a list' : 'a map'}` : '';
    }
    if (isSecretPath(path))
        return '';
    if (node.template !== '')
        return `, got the value of ${quote(node.template)}`;
    if (typeof node.value !== 'string')
        return `, got ${node.value === null ? 'nothing' : node.value}`;
    return `, got ${quote(node.value)}`;
}
function suggestion(issue, node, path) {
    if (node.kind !== 'scalar' || node.template !== '' || isSecretPath(path))
        return '';
    const options = issue.code === 'invalid_union' ? issue.errors.flat() : [issue];
    const words = options.flatMap((option) => option.code === 'invalid_value' ? option.values.map(String) : []);
    return didYouMean(String(node.value), words);
}
/** The value as written: what `${…}` was filled in with may be a secret. */
export function shown(node) {
    return quote(node.template === '' ? String(node.value) : node.template);
}
export function quote(text) {
    return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
/** The keys that lead to a value; inside a list only those from the item on, as the line tells which item it is. */
export function label(path) {
    const lastIndex = path.findLastIndex((step) => typeof step === 'number');
    const tail = path.slice(lastIndex + 1);
    if (tail.length > 0 || lastIndex < 0)
        return tail.map(String).join('.');
    return path
        .slice(path.slice(0, lastIndex).findLastIndex((step) => typeof step === 'number') + 1, lastIndex)
        .map(String)
        .join('.');
}
//# sourceMappingURL=check.js.map