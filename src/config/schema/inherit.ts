/** Settings in layers: of one route or upstream, then those under `routing`, then what the schema says. */
import { z } from 'zod';

/**
 * A key that is left open in the parsed configuration, so that the layers can be told apart. See `inherit`.
 * The JSON Schema shows the fallback as its default.
 */
export const inheritable = <T extends z.ZodType>(schema: T, fallback: z.input<T>) =>
  schema.optional().meta({ fallback });

type Fallbacks<Schema extends z.ZodObject> = {
  readonly [Key in keyof z.output<Schema>]-?: Exclude<z.output<Schema>[Key], undefined>;
};

const cache = new WeakMap<z.ZodObject, unknown>();

/** What an object of inheritable keys means when nothing is written, parsed. */
export function fallbacksOf<Schema extends z.ZodObject>(schema: Schema): Fallbacks<Schema> {
  let fallbacks = cache.get(schema);
  if (fallbacks === undefined) {
    const input: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(schema.shape))
      input[key] = z.globalRegistry.get(field)?.['fallback'];
    fallbacks = schema.parse(input);
    cache.set(schema, fallbacks);
  }
  return fallbacks as Fallbacks<Schema>;
}

/** @param layers the strongest last; those that are undefined or switched off add nothing */
export function inherit<Schema extends z.ZodObject>(
  schema: Schema,
  ...layers: readonly (z.output<Schema> | false | undefined)[]
): Fallbacks<Schema> {
  // The fallbacks hold every key and a layer only keys of the schema, so none can be missing.
  return Object.assign(
    {},
    fallbacksOf(schema),
    ...layers.filter((layer) => layer !== false),
  ) as Fallbacks<Schema>;
}
