// @ts-check
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { keepsApart } from './processors.mjs';

/** @param {string} program @param {readonly string[]} args @param {RegExp} pattern */
function said(program, args, pattern) {
  try {
    return pattern.exec(
      execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    )?.[1];
  } catch {
    return undefined;
  }
}

/** @param {string} name @param {string} folder where it is resolved from */
function versionOf(name, folder) {
  try {
    return JSON.parse(
      readFileSync(new URL(`${folder}node_modules/${name}/package.json`, import.meta.url), 'utf8'),
    ).version;
  } catch {
    return undefined;
  }
}

/** Where and with what was measured, for who reads the figures later. @param {string} [loadGenerator] absent without a load */
export function environmentFacts(loadGenerator) {
  const [processor] = cpus();
  const own = ['express', 'express4', 'ioredis', 'bcryptjs', 'libsql', 'pg'];
  const { dependencies } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
  const versions = [
    ['Node.js', process.versions.node],
    ['load from', loadGenerator],
    ['Redis', said('redis-server', ['--version'], /v=(\S+)/)],
    ...own.map((name) => [name, versionOf(name, '../../')]),
    ...Object.keys(dependencies).map((name) => [name, versionOf(name, './')]),
  ];
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: said('git', ['describe', '--always', '--dirty', '--abbrev=10'], /(\S+)/) ?? 'unknown',
    machine: `${cpus().length} processors (${processor?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}`,
    placing: keepsApart
      ? 'the measured process alone on one processor, load and databases on the others'
      : 'nothing was kept apart on processors of its own',
    versions: Object.fromEntries(versions.filter(([, version]) => version !== undefined)),
  };
}
