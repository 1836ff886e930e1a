import * as nodePath from 'node:path';
import { InvalidOptionError } from '../errors.js';
import type { TelemetryMeterProvider, TelemetryTracerProvider } from './open-telemetry-types.js';

/** The part of `@opentelemetry/api` that is used. */
export interface OpenTelemetryApi {
  readonly metrics: { getMeterProvider(): TelemetryMeterProvider };
  readonly trace: { getTracerProvider(): TelemetryTracerProvider };
}

/**
 * Loads `@opentelemetry/api`, an optional peer dependency. It is loaded at construction, without waiting, and so with `require`;
 * which copy of it does not matter, because all of them share what the SDK has registered. `createRequire` is not imported, for
 * the reasons of `loadDriver`.
 *
 * @throws InvalidOptionError that names the install command
 */
export function loadOpenTelemetry(): OpenTelemetryApi {
  const name: string = '@opentelemetry/api';
  const { createRequire } = process.getBuiltinModule('node:module');
  const startingPoints = [process.argv[1], nodePath.join(process.cwd(), 'package.json'), getOwnPath()];
  let cause: unknown;
  for (const path of startingPoints) {
    if (path === undefined) continue;
    try {
      return createRequire(path)(name) as OpenTelemetryApi;
    } catch (error) {
      cause ??= error;
    }
  }
  throw new InvalidOptionError(
    `metrics.openTelemetry: needs the package ${name}, which could not be loaded. Install it beside your app: ` +
      `npm install ${name}. In a bundle, pass { meterProvider: metrics.getMeterProvider(), ` +
      'tracerProvider: trace.getTracerProvider() }',
    { cause },
  );
}

/** The path of this file in the CommonJS build; other builds have no name for it. */
function getOwnPath(): string | undefined {
  try {
    return typeof __filename === 'string' ? __filename : undefined;
  } catch {
    return undefined;
  }
}
