// @ts-check
// What failed in each tier, and what they have counted, as one last line. A tier without a count has failed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const sum = { passed: 0, failed: 0 };
for (const tier of ['fast', 'slow']) {
  try {
    const path = join(import.meta.dirname, 'results', `${tier}.count.json`);
    const { passed, failed, failures } = JSON.parse(readFileSync(path, 'utf8'));
    sum.passed += passed;
    sum.failed += failed;
    for (const failure of failures) console.log(`- ${tier}: ${failure}`);
  } catch {
    console.log(`The ${tier} tests did not come to their end.`);
    sum.failed += 1;
  }
}
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed === 0 ? 0 : 1;
