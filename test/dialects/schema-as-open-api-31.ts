const bounds = [
  ['exclusiveMinimum', 'minimum'],
  ['exclusiveMaximum', 'maximum'],
] as const;

/**
 * An OpenAPI 3.0 document with schemas as 3.1 has them, which are JSON Schema: there `null` is a type, exclusive bounds
 * are numbers, and what stands beside a `$ref` counts, whereas 3.0 ignores it.
 */
export function asOpenApi31(value: object): object {
  return converted(value) as object;
}

function converted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(converted);
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value && typeof value.$ref === 'string') return { $ref: value.$ref };
  const schema = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, converted(member)]),
  ) as Record<string, unknown>;
  for (const [exclusive, inclusive] of bounds) {
    if (schema[exclusive] === true) schema[exclusive] = schema[inclusive];
    if (schema[exclusive] === false || schema[exclusive] === undefined) delete schema[exclusive];
  }
  if (schema['nullable'] === true && typeof schema['type'] === 'string') {
    schema['type'] = [schema['type'], 'null'];
    if (Array.isArray(schema['enum'])) schema['enum'] = [...(schema['enum'] as unknown[]), null];
    delete schema['nullable'];
  }
  return schema;
}
