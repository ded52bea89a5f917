import { definePlugin, } from '../../api.js';
import { headersSchema } from './schema.js';
import { compileTemplate, literal } from './template.js';
export const headers = definePlugin({
    name: 'headers',
    version: '1.0.0',
    config: headersSchema,
    setup(config) {
        const request = new EditList(config.request);
        const response = new EditList(config.response);
        const hooks = {};
        if (!request.empty)
            hooks.onRequest = (exchange) => request.apply(exchange, exchange.request.headers);
        if (!response.empty) {
            hooks.onResponse = (exchange, { headers }) => response.apply(exchange, headers);
        }
        return hooks;
    },
});
/** Applied in the order remove, set, add. */
class EditList {
    #remove;
    #set;
    #add;
    empty;
    constructor(edits) {
        this.#remove = edits.remove;
        this.#set = Object.entries(edits.set).map(([name, value]) => toEdit(name, value));
        this.#add = Object.entries(edits.add).flatMap(([name, value]) => typeof value === 'string' ? [toEdit(name, value)] : value.map((one) => toEdit(name, one)));
        this.empty = this.#remove.length + this.#set.length + this.#add.length === 0;
    }
    apply(exchange, headers) {
        for (const name of this.#remove)
            headers.delete(name);
        for (const edit of this.#set)
            headers.set(edit.name, textOf(edit, exchange));
        for (const edit of this.#add)
            headers.append(edit.name, textOf(edit, exchange));
    }
}
function toEdit(name, text) {
    return { name, text: literal(text), template: compileTemplate(text) };
}
function textOf(edit, exchange) {
    return edit.template === null ? edit.text : edit.template(exchange);
}
//# sourceMappingURL=headers.js.map