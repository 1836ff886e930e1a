import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { verificationOutcomes } from '../../lib/domain/verification-outcome.js';
import { codeIn, readDocument, sectionOf, tableIn } from '../docs/markdown.js';
import { durationInstrument, instruments } from '../../lib/metrics/instruments.js';
import { createInstance } from '../harness/instance.js';
import { readAlertRules, readDashboard } from './monitoring-files.js';
import { readSeries } from './read-metrics.js';

const page = readDocument('docs/production/monitoring.md');

/** Metric -> label -> its values, as an instance with everything shows them. */
type Labels = ReadonlyMap<string, ReadonlySet<string>>;

async function listMetrics(): Promise<ReadonlyMap<string, Labels>> {
  const registry = new Registry();
  // Redis is not reached, and shown as down. Changes are counted by SQL stores.
  const { apiKeys } = createInstance({
    metrics: { prometheus: registry },
    redis: 'redis://127.0.0.1:1',
    database: 'file:/nowhere/keys.sqlite',
  });
  const metrics = new Map<string, Map<string, Set<string>>>([['api_keys_feed_lag_seconds', new Map()]]);
  for (const series of (await readSeries(registry)).keys()) {
    const [, name = '', inside = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(series) ?? [];
    const labels = metrics.get(name) ?? new Map<string, Set<string>>();
    for (const [, label = '', value = ''] of inside.matchAll(/(\w+)="([^"]*)"/g)) {
      labels.set(label, (labels.get(label) ?? new Set()).add(value));
    }
    metrics.set(name, labels);
  }
  await apiKeys.close();
  return metrics;
}

/** Labels that Prometheus gives every target, and alerts. */
const ofPrometheus = ['job', 'instance', 'alertname', 'severity'];

/** What a query or a rule names that is not there: metrics, labels and values of labels. */
function findUnknown(query: string, metrics: ReadonlyMap<string, Labels>): readonly string[] {
  const unknown: string[] = [];
  for (const [, name = '', selector = ''] of query.matchAll(/\b(api_keys_\w+)(?:\{([^}]*)\})?/g)) {
    const labels = metrics.get(name);
    if (labels === undefined) {
      unknown.push(name);
      continue;
    }
    for (const [, label = '', , value = ''] of selector.matchAll(/(\w+)\s*(=~|!~|!=|=)"([^"]*)"/g)) {
      if (ofPrometheus.includes(label)) continue;
      const known = labels.get(label);
      if (known === undefined) unknown.push(`${name}{${label}}`);
      else unknown.push(...value.split('|').filter((each) => !known.has(each)));
    }
  }
  const everyLabel = new Set([...metrics.values()].flatMap((labels) => [...labels.keys()]));
  for (const [, list = ''] of query.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)) {
    const names = list.split(',').map((each) => each.trim());
    unknown.push(...names.filter((each) => !ofPrometheus.includes(each) && !everyLabel.has(each)));
  }
  return unknown;
}

describe('the guide', () => {
  it('has every metric in its table, with its type and its labels', async () => {
    const metrics = await listMetrics();
    const ofHistogram = new RegExp(`^${durationInstrument.prometheusName}_(bucket|sum|count)$`);
    const labelsOf = (name: string): readonly string[] =>
      [...(metrics.get(name)?.keys() ?? [])].filter((label) => label !== 'le').sort();
    const existing = [
      [
        durationInstrument.prometheusName,
        'histogram',
        labelsOf(`${durationInstrument.prometheusName}_bucket`),
      ],
      ...instruments.map(({ prometheusName, kind }) => [prometheusName, kind, labelsOf(prometheusName)]),
    ];
    const shown = tableIn(sectionOf(page, '## Metrics')).map(([name, type, labels = '']) => [
      codeIn(name),
      type,
      [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
    ]);
    expect(shown.sort()).toEqual(existing.sort());
    const offered = [...metrics.keys()].filter((name) => !ofHistogram.test(name));
    expect(offered.sort()).toEqual(instruments.map(({ prometheusName }) => prometheusName).sort());
  });

  it('explains every value of the labels that are not codes', async () => {
    const metrics = await listMetrics();
    const section = sectionOf(page, '## Metrics') + sectionOf(page, '## status()');
    const values = [...metrics.values()].flatMap((labels) =>
      [...labels].flatMap(([label, of]) => (['code', 'le'].includes(label) ? [] : [...of])),
    );
    expect(values.filter((value) => !section.includes(`\`${value}\``))).toEqual([]);
  });

  it('has every alert, with its severity, and what to do then', () => {
    const shown = tableIn(sectionOf(page, '## What to alert on')).map(([name, severity]) => [
      codeIn(name),
      severity,
    ]);
    expect(shown).toEqual(readAlertRules().map(({ alert, labels }) => [alert, labels.severity]));
  });

  it('has the names of OpenTelemetry that become those of Prometheus', () => {
    const units: Readonly<Record<string, string>> = { s: '_seconds' };
    for (const { name, prometheusName, unit, kind } of [
      ...instruments,
      { ...durationInstrument, kind: 'histogram' },
    ]) {
      const derived = name.replaceAll('.', '_') + (units[unit] ?? '') + (kind === 'counter' ? '_total' : '');
      expect(prometheusName).toBe(derived);
    }
  });
});

describe('the dashboard and the alert rules', () => {
  const rules = readAlertRules();
  const { panels, templating } = readDashboard();
  let metrics: ReadonlyMap<string, Labels>;
  beforeAll(async () => {
    metrics = await listMetrics();
  });

  it('name only metrics, labels and values that there are', () => {
    const queries = [
      ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...templating.list.map(({ query }) => JSON.stringify(query)),
      ...rules.map(({ expr }) => expr),
    ];
    expect(queries.length).toBeGreaterThan(25);
    expect(queries.flatMap((query) => findUnknown(query, metrics))).toEqual([]);
    expect(queries.every((query) => query.includes('api_keys_') || query.includes('"prometheus"'))).toBe(
      true,
    );
  });

  it('would be found when they did not', () => {
    const wrong = [
      'api_keys_verification_total',
      'rate(api_keys_verifications_total{kode="allowed"}[5m])',
      'api_keys_verifications_total{code=~"allowed|no_such_code", job="a"}',
      'sum by (sauce, job) (api_keys_ready)',
    ];
    expect(wrong.map((query) => findUnknown(query, metrics))).toEqual([
      ['api_keys_verification_total'],
      ['api_keys_verifications_total{kode}'],
      ['no_such_code'],
      ['sauce'],
    ]);
  });

  it('show every metric', () => {
    const shown = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n');
    expect([...metrics.keys()].filter((name) => !shown.includes(name))).toEqual([]);
  });

  it('have panels that do not overlap, each with a name of its own', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  it('have rules with a name, a severity and sentences for whoever is woken, each tested where it fires', () => {
    const tested = readFileSync(join(__dirname, 'prometheus-rules.test.yml'), 'utf8');
    for (const { alert, labels, annotations } of rules) {
      expect(alert).toMatch(/^ApiKeys[A-Z]\w+$/);
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations.summary).not.toBe('');
      expect(annotations.description).toMatch(/\.$/);
      expect(tested).toContain(`alertname="${alert}"`);
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  it('know every outcome: there is none that a query could miss', () => {
    expect(metrics.get('api_keys_verifications_total')?.get('code')).toEqual(new Set(verificationOutcomes));
  });
});
