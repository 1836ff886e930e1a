import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { PROJECTS, run } from '../../package/installed-package.js';
import { cacheFolder } from '../../run/cache-folder.cjs';
import { EDITS } from './edits.js';

const PINNED = join(__dirname, 'pinned');

/** Kept between runs: Verdaccio and all that it depends on, as pinned by the lock file in `pinned`. */
async function installation(): Promise<string> {
  const folder = cacheFolder(join('apps', 'verdaccio-2.1.7'));
  const lock = readFileSync(join(PINNED, 'package-lock.json'), 'utf8');
  const installed = join(folder, 'installed');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== lock) {
    rmSync(installed, { force: true });
    for (const name of ['package.json', 'package-lock.json']) cpSync(join(PINNED, name), join(folder, name));
    const outcome = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
    if (outcome.code !== 0) throw new Error(`Verdaccio could not be installed:\n${outcome.stderr}`);
    writeFileSync(installed, lock);
  }
  return folder;
}

/** `npm install express-api-keys libsql`, from what the consumers of the packed package have. */
function addOurPackage(modules: string): void {
  const installed = join(PROJECTS, 'node_modules');
  mkdirSync(modules);
  cpSync(join(installed, 'express-api-keys'), join(modules, 'express-api-keys'), { recursive: true });
  const { dependencies } = JSON.parse(
    readFileSync(join(installed, 'express-api-keys', 'package.json'), 'utf8'),
  ) as { dependencies: Record<string, string> };
  for (const name of [...Object.keys(dependencies), 'libsql']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(installed, name), join(modules, name));
  }
}

function edit(verdaccio: string): void {
  cpSync(join(__dirname, 'api-keys.cjs'), join(verdaccio, 'lib', 'api-keys.cjs'));
  for (const { file, from, to } of EDITS) {
    const source = readFileSync(join(verdaccio, file), 'utf8');
    if (source.split(from).length !== 2) throw new Error(`${file} has changed: ${from} is not in it once`);
    writeFileSync(
      join(verdaccio, file),
      source.replace(from, () => to),
    );
  }
}

/** As many free ports as asked for. @returns numbers that the system does not give twice at once */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Its tests with other ports than those that may be in use here, and without deadlines that a busy machine misses. */
async function adaptTests(functional: string): Promise<{ port1: number; port2: number }> {
  const [upstream, port1, port2, nothing] = (await freePorts(4)) as [number, number, number, number];
  const ports = { 55550: upstream, 55551: port1, 55552: port2, 55666: nothing };
  for (const entry of readdirSync(functional, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|json|yaml)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    let text = readFileSync(path, 'utf8').replace('timeout: 100ms', 'timeout: 10s');
    for (const [from, to] of Object.entries(ports)) text = text.replaceAll(from, String(to));
    writeFileSync(path, text);
  }
  return { port1, port2 };
}

/** A copy of Verdaccio in a folder of its own, which `remove` deletes. */
export interface VerdaccioCopy {
  readonly folder: string;
  readonly mocha: string;
  /** With `lsof` in it, for its tests. */
  readonly programs: string;
  readonly ports: { readonly port1: number; readonly port2: number };
  remove(): void;
}

/** @param options protectedByKeys: with our package installed, and the edits made */
export async function copyVerdaccio({
  protectedByKeys,
}: {
  protectedByKeys: boolean;
}): Promise<VerdaccioCopy> {
  const app = await installation();
  // Below the installation, where its dependencies are found.
  mkdirSync(join(app, 'copies'), { recursive: true });
  const parent = mkdtempSync(join(app, 'copies', 'copy-'));
  const folder = join(parent, 'verdaccio');
  cpSync(join(app, 'node_modules', 'verdaccio'), folder, { recursive: true });
  const ports = await adaptTests(join(folder, 'test', 'functional'));
  const programs = join(parent, 'programs');
  mkdirSync(programs);
  cpSync(join(__dirname, 'lsof.cjs'), join(programs, 'lsof'));
  chmodSync(join(programs, 'lsof'), 0o755);
  if (protectedByKeys) {
    addOurPackage(join(parent, 'node_modules'));
    edit(folder);
  }
  const mocha = join(app, 'node_modules', 'mocha', 'bin', '_mocha');
  return { folder, mocha, programs, ports, remove: () => rmSync(parent, { recursive: true, force: true }) };
}
