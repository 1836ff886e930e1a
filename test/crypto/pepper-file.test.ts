import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { InvalidOptionError } from '../../lib/errors.js';
import { readOrCreatePepperFile } from '../../lib/crypto/pepper-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'express-api-keys-pepper-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const good = 'p'.repeat(43);

describe('a pepper file', () => {
  it('is made once, for its owner only', async () => {
    const path = join(folder, 'data', 'pepper');
    const made = await readOrCreatePepperFile(path);
    expect(Buffer.from(made, 'base64url')).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
    expect(readFileSync(path, 'utf8')).toBe(`${made}\n`);
    expect(await readOrCreatePepperFile(path)).toBe(made);
    expect(readdirSync(join(folder, 'data'))).toEqual(['pepper']);
  });

  it('is another one elsewhere', async () => {
    expect(await readOrCreatePepperFile(join(folder, 'a'))).not.toBe(
      await readOrCreatePepperFile(join(folder, 'b')),
    );
  });

  it('is the same for all who come at once', async () => {
    for (let round = 0; round < 20; round += 1) {
      const path = join(folder, `pepper-${round}`);
      const made = await Promise.all(Array.from({ length: 12 }, () => readOrCreatePepperFile(path)));
      expect(new Set(made).size).toBe(1);
    }
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('is the same for processes that start at once', async () => {
    const program = join(folder, 'program.cjs');
    await build({
      stdin: {
        contents: `import { readOrCreatePepperFile } from './lib/crypto/pepper-file.js';
          readOrCreatePepperFile(process.argv[2]).then((pepper) => process.stdout.write(pepper));`,
        resolveDir: resolve(__dirname, '../..'),
      },
      bundle: true,
      platform: 'node',
      outfile: program,
    });
    const path = join(folder, 'pepper');
    const run = promisify(execFile);
    const outputs = await Promise.all(
      Array.from({ length: 6 }, () => run(process.execPath, [program, path], { encoding: 'utf8' })),
    );
    expect(new Set(outputs.map(({ stdout }) => stdout))).toEqual(
      new Set([readFileSync(path, 'utf8').trim()]),
    );
  });

  it('may be written by hand, with or without a line end, and may be linked to', async () => {
    for (const [name, text] of [
      ['a', good],
      ['b', `${good}\n`],
      ['c', `${good}\r\n`],
    ] as const) {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      expect(await readOrCreatePepperFile(join(folder, name))).toBe(good);
    }
    symlinkSync(join(folder, 'a'), join(folder, 'link'));
    expect(await readOrCreatePepperFile(join(folder, 'link'))).toBe(good);
  });

  it.each([0o644, 0o640, 0o604, 0o660, 0o606, 0o610])('is refused with mode %o', async (mode) => {
    const path = join(folder, 'pepper');
    writeFileSync(path, good);
    chmodSync(path, mode);
    await expect(readOrCreatePepperFile(path)).rejects.toThrow(`chmod 600 ${path}`);
    expect(statSync(path).mode & 0o777).toBe(mode);
  });

  it.each([
    ['empty', ''],
    ['a line end', '\n'],
    ['short', 'CANARY'],
    ['too large', 'CANARY'.repeat(1000)],
  ])('is refused and left alone when it is %s', async (_, text) => {
    const path = join(folder, 'pepper');
    writeFileSync(path, text, { mode: 0o600 });
    const refusal = await readOrCreatePepperFile(path).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InvalidOptionError);
    expect(String(refusal)).toContain(path);
    expect(String(refusal)).not.toContain('CANARY');
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('cannot be a folder, nor lie below a file', async () => {
    mkdirSync(join(folder, 'sub'), { mode: 0o700 });
    await expect(readOrCreatePepperFile(join(folder, 'sub'))).rejects.toThrow(InvalidOptionError);
    writeFileSync(join(folder, 'file'), '');
    await expect(readOrCreatePepperFile(join(folder, 'file', 'pepper'))).rejects.toThrow(InvalidOptionError);
    expect(existsSync(join(folder, 'sub'))).toBe(true);
  });
});
