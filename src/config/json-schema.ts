/** The JSON Schema of the configuration, for editors and for `octopus schema`. */
import { z } from 'zod';
import { configSchema } from './schema/schema.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What may stand in place of a number, a choice or a notation: it is filled in when the file is loaded. */
const INTERPOLATED: JsonSchema = { type: 'string', pattern: '\\$\\{[A-Za-z_]' };

/** Draft 2020-12. Describes what is written in files, so durations are text such as `30s`. */
export function configJsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' });
  return {
    ...($schema === undefined ? {} : { $schema }),
    title: 'Configuration of the Octopus API gateway',
    ...admitVariables(schema),
    patternProperties: { '^x-': { description: 'Your own, ignored: a place for YAML anchors.' } },
  };
}

/** The schema of one plugin's `config`. */
export function pluginJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return admitVariables(rest);
}

function admitVariables(node: JsonSchema): JsonSchema {
  const { fallback: inherited, ...plain } = node;
  if (inherited !== undefined)
    return admitVariables(withKnown({ description: plain.description, default: inherited, ...plain }));
  if (isStrictScalar(node)) {
    const { description, default: fallback, ...own } = withoutNoise(node);
    return withKnown({ description, default: fallback, anyOf: [own, INTERPOLATED] });
  }
  const result: JsonSchema = { ...node };
  delete result['secret'];
  if (node.anyOf !== undefined) {
    const options = node.anyOf.map((option) =>
      isStrictScalar(option) ? withoutNoise(option) : admitVariables(option),
    );
    result.anyOf =
      options.some(isStrictScalar) && !options.some(isFreeText) ? [...options, INTERPOLATED] : options;
  }
  if (node.properties !== undefined) {
    result.properties = Object.fromEntries(
      Object.entries(node.properties).map(([key, child]) => [
        key,
        typeof child === 'boolean' ? child : admitVariables(child),
      ]),
    );
  }
  for (const key of ['items', 'additionalProperties'] as const) {
    const child = node[key];
    if (typeof child === 'object' && !Array.isArray(child)) result[key] = admitVariables(child);
  }
  return result;
}

/** True for everything that would refuse the text `${NAME}`. */
function isStrictScalar(node: JsonSchema): boolean {
  return (
    node.type === 'integer' ||
    node.type === 'number' ||
    node.type === 'boolean' ||
    node.enum !== undefined ||
    node.const !== undefined ||
    (node.type === 'string' && node.pattern !== undefined)
  );
}

function isFreeText(node: JsonSchema): boolean {
  return node.type === 'string' && !isStrictScalar(node);
}

/** The range of JavaScript's safe integers says nothing about the configuration. */
function withoutNoise(node: JsonSchema): JsonSchema {
  const { maximum, minimum, ...rest } = node;
  return withKnown({
    ...rest,
    minimum: minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum,
    maximum: maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum,
  });
}

function withKnown(node: { [key: string]: unknown }): JsonSchema {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined));
}
