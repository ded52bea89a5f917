/**
 * Reads members of a JSON object the way a tolerant gateway should (protocol digest 1 and 2.4): `null` is absent, what is
 * not asked for is ignored, a value of the wrong type is a warning and counts as absent.
 */
import { jsonKind } from './json-text.js';
/** A manifest with a thousand faults is reported with its first ones. */
const MAX_WARNINGS = 50;
export class Warnings {
    list = [];
    add(message) {
        if (this.list.length < MAX_WARNINGS && !this.list.includes(message))
            this.list.push(message);
    }
}
export class Fields {
    path;
    warnings;
    #object;
    #folded = null;
    /** `path` is where the object stands in the document; '' is its root. */
    constructor(object, path, warnings) {
        this.#object = object;
        this.path = path;
        this.warnings = warnings;
    }
    at(name) {
        return this.path === '' ? name : `${this.path}.${name}`;
    }
    warn(name, message) {
        this.warnings.add(`${this.at(name)}: ${message}`);
    }
    /** `undefined` for `null` as well. */
    value(name) {
        return memberOf(this.#object, name, () => (this.#folded ??= foldNames(this.#object))) ?? undefined;
    }
    has(name) {
        return this.value(name) !== undefined;
    }
    string(name) {
        const value = this.value(name);
        if (typeof value === 'string' || value === undefined)
            return value ?? '';
        this.#wrongType(name, 'string', value);
        return '';
    }
    boolean(name) {
        const value = this.value(name);
        if (typeof value === 'boolean' || value === undefined)
            return value ?? false;
        this.#wrongType(name, 'bool', value);
        return false;
    }
    number(name, absent) {
        const value = this.value(name);
        if (typeof value === 'number' || value === undefined)
            return value ?? absent;
        this.#wrongType(name, 'number', value);
        return absent;
    }
    /** A whole number between the bounds; what lies outside is moved to the bound, with a warning. */
    clamped(name, low, high, absent) {
        if (typeof this.value(name) !== 'number')
            return this.number(name, absent);
        const stated = this.number(name, absent);
        const clamped = Math.min(high, Math.max(low, Math.round(stated)));
        if (clamped !== stated)
            this.warn(name, `${stated} is taken as ${clamped} (${low} to ${high})`);
        return clamped;
    }
    object(name) {
        const value = this.value(name);
        if (value === undefined)
            return null;
        if (isObject(value))
            return new Fields(value, this.at(name), this.warnings);
        this.#wrongType(name, 'object', value);
        return null;
    }
    /** The member as it is, `{}` when it is absent or no object. */
    record(name) {
        const value = this.value(name);
        if (isObject(value))
            return value;
        if (value !== undefined)
            this.#wrongType(name, 'object', value);
        return {};
    }
    list(name) {
        const value = this.value(name);
        if (Array.isArray(value))
            return value;
        if (value !== undefined)
            this.#wrongType(name, 'array', value);
        return [];
    }
    /** The elements that are objects. */
    objects(name) {
        const found = [];
        this.list(name).forEach((element, index) => {
            if (isObject(element))
                found.push(new Fields(element, `${this.at(name)}[${index}]`, this.warnings));
            else
                this.#wrongType(`${name}[${index}]`, 'object', element);
        });
        return found;
    }
    /** The elements that are texts. */
    strings(name) {
        return this.list(name).filter((element, index) => {
            if (typeof element !== 'string')
                this.#wrongType(`${name}[${index}]`, 'string', element);
            return typeof element === 'string';
        });
    }
    /** The members that are texts. */
    stringMap(name) {
        const entries = Object.entries(this.record(name)).filter((entry) => typeof entry[1] === 'string');
        return Object.fromEntries(entries);
    }
    #wrongType(name, expected, value) {
        this.warn(name, `ignored: expected ${expected}, found ${jsonKind(value)}`);
    }
}
export function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
/** Go's decoder takes `Service_Name` for `service_name` when there is no exact match, so services may send it. */
export function memberOf(object, name, folded = () => foldNames(object)) {
    return Object.hasOwn(object, name) ? object[name] : folded().get(name);
}
function foldNames(object) {
    return new Map(Object.entries(object).map(([name, value]) => [name.toLowerCase(), value]));
}
//# sourceMappingURL=fields.js.map