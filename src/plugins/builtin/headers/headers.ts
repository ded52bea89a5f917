import type { HeaderView, PluginExchange, PluginHooks, PluginResponse } from '../../api.ts';
import type { CheckedPlugin } from '../../checked-plugin.ts';
import type { HeaderEdits, HeadersConfig } from './schema.ts';
import { compileTemplate, literal, type Template } from './template.ts';

export const headersPlugin: CheckedPlugin<HeadersConfig> = {
  name: 'headers',
  version: '1.0.0',
  setup(config) {
    const request = new EditList(config.request);
    const response = new EditList(config.response);
    const hooks: PluginHooks = {};
    if (!request.empty) hooks.onRequest = (exchange) => request.apply(exchange, exchange.request.headers);
    if (!response.empty) {
      hooks.onResponse = (exchange: PluginExchange, { headers }: PluginResponse) =>
        response.apply(exchange, headers);
    }
    return hooks;
  },
};

/** `text` is the value, unless a template makes it. */
interface Edit {
  readonly name: string;
  readonly text: string;
  readonly template: Template | null;
}

/** Applied in the order remove, set, add. */
class EditList {
  readonly #remove: readonly string[];
  readonly #set: readonly Edit[];
  readonly #add: readonly Edit[];
  readonly empty: boolean;

  constructor(edits: HeaderEdits) {
    this.#remove = edits.remove;
    this.#set = Object.entries(edits.set).map(([name, value]) => toEdit(name, value));
    this.#add = Object.entries(edits.add).flatMap(([name, value]) =>
      typeof value === 'string' ? [toEdit(name, value)] : value.map((one) => toEdit(name, one)),
    );
    this.empty = this.#remove.length + this.#set.length + this.#add.length === 0;
  }

  apply(exchange: PluginExchange, headers: HeaderView): void {
    for (const name of this.#remove) headers.delete(name);
    for (const edit of this.#set) headers.set(edit.name, textOf(edit, exchange));
    for (const edit of this.#add) headers.append(edit.name, textOf(edit, exchange));
  }
}

function toEdit(name: string, text: string): Edit {
  return { name, text: literal(text), template: compileTemplate(text) };
}

function textOf(edit: Edit, exchange: PluginExchange): string {
  return edit.template === null ? edit.text : edit.template(exchange);
}
