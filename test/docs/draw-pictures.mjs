// Draws the pictures of the documents: node test/docs/draw-pictures.mjs writes docs/pictures/*.svg.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));

/** Each picture has a background of its own, so that it can be read on any page, whatever the mode. */
const style = `
text{font:14px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2937}
.b{font-weight:600}.s{font-size:12px}.m{text-anchor:middle}.e{text-anchor:end}.q{fill:#57606a}
.c{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:12px}
.bg{fill:#fff}.box{fill:#f3f6fa;stroke:#8c96a3}.good{fill:#dcf5e4;stroke:#1a7f37}.bad{fill:#fde4e2;stroke:#c93c37}
.hot{fill:#e3effd;stroke:#0b61c4}.late{fill:#fdf0d0;stroke:#9a6700}
.l{stroke:#57606a;stroke-width:1.5;fill:none}.d{stroke-dasharray:4 4}.h{fill:#57606a}.r{fill:#b3261e}.g{fill:#116329}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.q{fill:#a3adb8}.bg{fill:#0d1117}.box{fill:#1b222c;stroke:#6b7684}.good{fill:#12351f;stroke:#3fb950}
.bad{fill:#43191b;stroke:#f0716b}.hot{fill:#10294a;stroke:#58a6ff}.late{fill:#3a2d0b;stroke:#d29922}
.l{stroke:#a3adb8}.h{fill:#a3adb8}.r{fill:#ff9a94}.g{fill:#6fdd8b}}`;

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** A whole picture. @param title what it is @param description what it shows, for those who do not see it */
function picture(width, height, title, description, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(description)}</desc>
<style>${style}</style>
<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="h" d="M0 0 8 4 0 8z"/></marker></defs>
<rect class="bg" width="${width}" height="${height}" rx="8"/>
${parts.flat(Infinity).join('\n')}
</svg>
`;
}

const text = (x, y, words, kind = '') =>
  `<text x="${x}" y="${y}"${kind === '' ? '' : ` class="${kind}"`}>${escaped(words)}</text>`;
const rect = (x, y, width, height, kind = 'box') =>
  `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/>`;
const line = (d, kind = '') => `<path class="l${kind === '' ? '' : ` ${kind}`}" d="${d}"/>`;
const arrow = (d, kind = '') =>
  `<path class="l${kind === '' ? '' : ` ${kind}`}" marker-end="url(#a)" d="${d}"/>`;

/** A box with a heading and lines below it. */
function box(x, y, width, height, heading, lines = [], kind = 'box') {
  return [
    rect(x, y, width, height, kind),
    text(x + 12, y + 23, heading, 'b'),
    lines.map((words, index) => text(x + 12, y + 43 + 17 * index, words, 's')),
  ];
}

function requestPath() {
  const steps = [
    [
      'Exactly one key, in one header',
      'nothing from URL, body or cookies',
      '400 invalid_request, 401 missing_credential',
    ],
    ['Format and checksum', 'typing errors and junk end here, without I/O', '401 invalid_token'],
    ['Find the key', null, '401 invalid_token'],
    ['Compare the digest', 'HMAC-SHA-256 under the pepper, in constant time', '401 invalid_token'],
    [
      'State, expiry, address',
      'decided now, also for a cached key',
      '401 key_revoked …, 403 address_not_allowed',
    ],
    ['Scopes and feature', 'what the route requires', '403 insufficient_scope'],
    ['Rate limits, then credits', 'only for keys that have them', '429 rate_limited, 429 credits_exhausted'],
  ];
  const top = 66;
  const gap = 62;
  const rows = steps.map(([heading, note, refusal], index) => {
    const y = top + gap * index;
    return [
      rect(24, y, 30, 44, 'hot'),
      text(39, y + 27, String(index + 1), 'b m'),
      rect(62, y, 478, 44),
      text(76, y + (note === null ? 27 : 19), heading, 'b'),
      note === null ? '' : text(76, y + 36, note, 's q'),
      arrow(`M540 ${y + 22}H590`),
      text(600, y + 27, refusal, 's r'),
      index < steps.length - 1 ? arrow(`M39 ${y + 44}V${y + gap - 2}`) : '',
    ];
  });
  const y = top + gap * 2;
  const places = [
    [186, 'this process', 'good'],
    [306, 'Redis', 'box'],
    [426, 'database', 'box'],
  ].map(([x, name, kind], index) => [
    rect(x, y + 7, 100, 30, kind),
    text(x + 50, y + 27, name, 's m'),
    index < 2 ? arrow(`M${x + 100} ${y + 22}H${x + 118}`) : '',
  ]);
  const end = top + gap * steps.length;
  return picture(
    900,
    560,
    'The path of a request through the guard',
    'Seven checks in order: one key in one header; format and checksum without I/O; finding the key in this process, else in Redis, else in the database; comparing the digest; state, expiry and address; scopes; limits and credits. Each refuses with a code of its own. A key that was used lately needs no I/O up to the limits.',
    [
      text(24, 32, 'Request', 'b'),
      text(100, 32, 'X-API-Key: acme_live_…', 'c q'),
      arrow('M39 40V64'),
      text(600, 32, 'Refused with', 'b'),
      rows,
      places,
      arrow(`M39 ${end - 18}V${end + 2}`),
      rect(24, end + 4, 516, 40, 'good'),
      text(39, end + 29, 'req.apiKey, then your handler', 'b'),
      text(600, end + 20, 'No part answers in time: 503 unavailable,', 's r'),
      text(600, end + 37, 'never 401 and never access', 's r'),
    ],
  );
}

/** Vertical lanes, and what passes between them. */
function lanes(names, xs, top, bottom) {
  return names.map((name, index) => [
    rect(xs[index] - 52, top, 104, 28),
    text(xs[index], top + 19, name, 's b m'),
    line(`M${xs[index]} ${top + 28}V${bottom}`, 'd'),
  ]);
}

function confirmation() {
  const names = ['Caller', 'Process A', 'Database', 'Process B'];
  const left = [76, 192, 308, 424];
  const right = left.map((x) => x + 480);
  const message = (from, to, y, words, kind = 's m') => [
    arrow(`M${from + (to > from ? 5 : -5)} ${y}H${to + (to > from ? -3 : 3)}`),
    text((from + to) / 2, y - 6, words, kind),
  ];
  const panel = (xs, heading) => [
    text(xs[0] - 52, 34, heading, 'b'),
    lanes(names, xs, 48, 430),
    message(xs[0], xs[1], 108, 'revoke'),
    message(xs[1], xs[2], 140, 'commit'),
  ];
  return picture(
    980,
    516,
    'What a 200 and a 202 wait for',
    'Left: process A commits a revocation in the database, process B applies it and acknowledges it there, and A answers 200: from then on no process accepts the key. Right: process B is paused and acknowledges nothing; after one second A answers 202 with effectiveBy. The lease of B ends by itself, so at effectiveBy no process accepts the key either.',
    [
      panel(left, '200: every process has applied the change'),
      message(left[2], left[3], 176, 'change'),
      rect(left[3] - 50, 190, 100, 40, 'hot'),
      text(left[3], 207, 'drops the key', 's m'),
      text(left[3], 223, 'from its cache', 's m'),
      message(left[3], left[2], 258, 'applied'),
      message(left[2], left[1], 288, 'all applied'),
      message(left[1], left[0], 318, '200', 's b m g'),
      rect(left[0] - 52, 344, 452, 50, 'good'),
      text(left[0] - 38, 365, 'No process accepts the key', 's b'),
      text(left[0] - 38, 383, 'in any request that is sent from here on', 's'),
      line('M490 20V450', 'd'),
      panel(right, '202: one process does not answer'),
      message(right[2], right[3], 176, 'change'),
      rect(right[3] - 50, 190, 100, 104, 'bad'),
      text(right[3], 212, 'paused or', 's m'),
      text(right[3], 228, 'cut off', 's m'),
      text(right[3], 258, 'may still use', 's m'),
      text(right[3], 274, 'its cache', 's m'),
      text(right[1] + 8, 232, 'waits 1 second', 's q'),
      message(right[1], right[0], 264, '202 effectiveBy', 's b m'),
      rect(right[3] - 50, 300, 100, 40, 'late'),
      text(right[3], 317, 'its lease ends', 's b m'),
      text(right[3], 333, '(4 s by default)', 's m'),
      rect(right[0] - 52, 354, 452, 50, 'good'),
      text(right[0] - 38, 375, 'At effectiveBy: no process accepts the key', 's b'),
      text(right[0] - 38, 393, 'B has not heard from the database, so it does not use its cache', 's'),
      text(
        24,
        470,
        'It rests on the database alone. Redis and messages between processes only make it faster:',
        's q',
      ),
      text(24, 490, 'when they are lost, slow or wrong, a 200 means the same.', 's q'),
    ],
  );
}

function rotation() {
  const start = 300;
  const row = (y, code, note, parts) => [
    text(24, y + 20, code, 'c b'),
    note.map((words, index) => text(24, y + 40 + 16 * index, words, 's q')),
    parts,
  ];
  const bar = (x, end, y, words, kind) => [rect(x, y, end - x, 26, kind), text(x + 10, y + 18, words, 's')];
  const mark = (x, top, bottom) => line(`M${x} ${top}V${bottom}`, 'd');
  return picture(
    920,
    440,
    'Rotation on a time line',
    'Three ways to rotate. Without a grace period the old secret ends when the new one is created. With gracePeriodSeconds both work for that long. With graceStartsOnFirstUse the old secret works until the new one was used for the first time, and for the grace period from then on. Answers to requests with the old secret carry Deprecation, and Sunset once its end is known.',
    [
      text(start + 120, 30, 'rotate', 'b m'),
      mark(start + 120, 40, 396),
      row(
        60,
        '{}',
        ['Afterwards exactly one', 'secret works.'],
        [bar(start, start + 120, 60, 'old secret', 'box'), bar(start + 120, 890, 92, 'new secret', 'good')],
      ),
      row(
        170,
        '{ gracePeriodSeconds: 3600 }',
        ['Both work for that long.'],
        [
          bar(start, start + 120, 170, 'old secret', 'box'),
          bar(start + 120, start + 330, 170, 'grace period: Sunset', 'late'),
          bar(start + 120, 890, 202, 'new secret', 'good'),
        ],
      ),
      row(
        280,
        '{ graceStartsOnFirstUse: true }',
        ['Nobody is locked out by a', 'deployment that comes late.'],
        [
          bar(start, start + 120, 280, 'old secret', 'box'),
          bar(start + 120, start + 300, 280, 'waits: Deprecation', 'hot'),
          bar(start + 300, start + 510, 280, 'grace period: Sunset', 'late'),
          bar(start + 120, 890, 312, 'new secret', 'good'),
          mark(start + 300, 268, 360),
          text(start + 300, 376, 'first use of the new secret', 's m'),
        ],
      ),
      arrow('M300 410H890'),
      text(890, 430, 'time', 's q e'),
    ],
  );
}

function stored() {
  return picture(
    940,
    470,
    'What is stored where',
    'The caller has the key; the secret in it is stored nowhere else. The pepper is in the environment of the app. A process has records of cached keys in memory, found by a digest of the key. Redis has HMACs, settings, each record with a MAC, and counters and used signatures. The database has bcrypt hashes, HMACs, settings and the audit log. No single place is enough to make or to find a key.',
    [
      box(24, 24, 250, 92, 'The caller', ['the whole key:', 'id + secret + checksum'], 'hot'),
      box(24, 170, 250, 92, 'The environment of your app', ['the pepper,', 'in no database']),
      box(24, 316, 250, 110, 'Your logs', [
        'what this package writes: no key',
        'your own loggers: keep keys out',
        'with redact and redactPaths',
      ]),
      box(
        350,
        116,
        240,
        160,
        'A process of your app',
        ['records of cached keys,', 'found by a digest of the key', '', 'the pepper, in memory'],
        'good',
      ),
      box(666, 24, 250, 150, 'Redis', [
        'HMAC of the secret, settings:',
        'each record with a MAC, so that',
        'nobody can forge a key here',
        'counters of rate limits',
        'used signatures',
      ]),
      box(666, 230, 250, 196, 'The database', [
        'bcrypt of the secret',
        'HMAC under the pepper',
        'settings of keys, usage',
        'refused requests',
        'audit log: hash chain and MACs',
        'signing keys and secrets that sign,',
        'sealed under the pepper',
      ]),
      arrow('M274 70H420V114'),
      text(290, 62, 'each request', 's q'),
      arrow('M274 216H348'),
      arrow('M590 150H628V100H664'),
      arrow('M590 240H628V320H664'),
      text(350, 310, 'The secret itself is stored nowhere,', 's b'),
      text(350, 330, 'but sealed, for keys that sign with it.', 's q'),
    ],
  );
}

/** The rows of the first table of docs/production/scale.md, where `npm run bench -- --processes --docs` writes them. */
function measuredConfirmations() {
  const page = readFileSync(new URL('../../docs/production/scale.md', import.meta.url), 'utf8');
  const rows = page.matchAll(
    /^\| (\d+)(, Redis)? +\| +([\d.]+) \/ ([\d.]+) \/ ([\d.]+) \|.*\|([^|\n]*)\|$/gm,
  );
  return [...rows].map(([, processes, redis, p50, p99, , note]) => ({
    processes: Number(processes),
    hasRedis: redis !== undefined,
    p50: Number(p50),
    p99: Number(p99),
    isStarved: note.trim() === 'starved',
  }));
}

function revocationByProcesses() {
  const [left, right, top, bottom] = [70, 690, 60, 330];
  const place = (value, [low, high], [from, to]) =>
    Math.round(from + ((to - from) * Math.log(value / low)) / Math.log(high / low));
  const x = (processes) => place(processes, [2, 1000], [left, right]);
  const y = (ms) => place(Math.min(ms, 1000), [5, 1000], [bottom, top]);
  const rows = measuredConfirmations();
  const curve = (hasRedis, what) => {
    const points = rows.filter((row) => row.hasRedis === hasRedis);
    const path = points.map((row, index) => `${index === 0 ? 'M' : 'L'}${x(row.processes)} ${y(row[what])}`);
    return [
      points.length < 2 ? '' : line(path.join(''), what === 'p99' ? 'd' : ''),
      points.map(
        (row) =>
          `<circle class="${row.isStarved ? 'late' : 'good'}" cx="${x(row.processes)}" cy="${y(row[what])}" r="5"/>`,
      ),
    ];
  };
  return picture(
    760,
    420,
    'How long a revocation takes with a growing number of processes',
    'Milliseconds until every process has confirmed a revocation, by the number of processes, both on logarithmic scales: the median and the 99th percentile, without Redis. Yellow points are from fleets that had used up a processor. The figures are in the table below the picture.',
    [
      text(24, 32, 'Milliseconds until every process has confirmed a revocation', 'b'),
      [5, 10, 20, 50, 100, 200, 500, 1000].map((ms) => [
        line(`M${left} ${y(ms)}H${right}`, 'd'),
        text(left - 8, y(ms) + 4, String(ms), 's e'),
      ]),
      [2, 10, 50, 100, 250, 500, 1000].map((processes) =>
        text(x(processes), bottom + 22, String(processes), 's m'),
      ),
      text(right, bottom + 42, 'processes', 's q e'),
      curve(false, 'p50'),
      curve(false, 'p99'),
      text(left, bottom + 48, 'Solid: median. Dashed: 99th percentile.', 's q'),
      text(
        left,
        bottom + 68,
        'Green: processors were left. Yellow: one was full. 1,000 ms: answered with 202.',
        's q',
      ),
    ],
  );
}

export const pictures = {
  'revocation-by-processes': revocationByProcesses(),
  'request-path': requestPath(),
  'what-200-and-202-wait-for': confirmation(),
  'rotation-timeline': rotation(),
  'what-is-stored-where': stored(),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = process.argv[2] ?? folder;
  mkdirSync(target, { recursive: true });
  for (const [name, svg] of Object.entries(pictures)) writeFileSync(`${target}/${name}.svg`, svg);
}
