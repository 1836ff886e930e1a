// Reads an OpenAPI document from standard input and prints what a public linter (Redocly) and a public validator of
// the OpenAPI 3.1 schema say about it. A process of its own, because both are ES modules.
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const source = Buffer.concat(chunks).toString();

const config = await createConfig({ extends: ['recommended-strict'] });
const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });

const validator = new Validator();
const validated = await validator.validate(JSON.parse(source));

process.stdout.write(
  JSON.stringify({
    linter: problems.map(
      ({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer ?? ''})`,
    ),
    validator: validated.valid ? [] : [validated.errors].flat().map((error) => JSON.stringify(error)),
    version: validator.version,
  }),
);
