/** What is done with schemas in a thread of its own, see `schema-worker.ts`. */
import { parseDocument } from 'yaml';
import { matchSchemaHash } from '../manifest/schema-hash.js';
/** Each use of an alias repeats what it stands for; a few kilobytes of them can mean a gigabyte. */
const MAX_ALIASES = 100;
/** JSON that was YAML may be larger, but not by much. */
const MAX_GROWTH = 8;
/** A function by name: piscina runs the default or a named export. */
export function runSchemaTask(task) {
    if (task.kind === 'hash')
        return { kind: 'hash', form: matchSchemaHash(task.body, task.stated) };
    const text = Buffer.from(task.body).toString('utf8');
    try {
        const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' });
        const [fault] = document.errors;
        if (fault !== undefined)
            return { kind: 'fault', message: `not YAML: ${fault.message}` };
        const json = JSON.stringify(document.toJS({ maxAliasCount: MAX_ALIASES })) ?? 'null';
        if (json.length > MAX_GROWTH * text.length + 1024)
            return { kind: 'fault', message: 'its aliases make it too large' };
        return { kind: 'yaml', json };
    }
    catch (error) {
        return { kind: 'fault', message: `not YAML: ${error.message}` };
    }
}
//# sourceMappingURL=schema-tasks.js.map