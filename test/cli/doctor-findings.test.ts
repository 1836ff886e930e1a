import { readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import { checkFile } from '../../lib/cli/doctor/check-file.js';
import { checkNode } from '../../lib/cli/doctor/check-node.js';
import type { ExaminedSetup } from '../../lib/cli/doctor/examined-setup.js';
import type { FileFacts, SetupFacts } from '../../lib/domain/setup-facts.js';
import { classifyFileSystem } from '../../lib/sql/sqlite/examine-file.js';
import { findMountType, isNetworkMount } from '../../lib/sql/sqlite/find-mount-type.js';
import { create, makeFolder, undoAll } from './doctor-setups.js';
import { anyModule, runHere } from './run-here.js';

// What no test can set up without being root of a machine of its own is decided here from what the system really says.

afterEach(undoAll);

const fileOf = (changes: Partial<FileFacts>): ExaminedSetup => {
  const file: FileFacts = {
    ...{ path: '/data/keys.sqlite', exists: true, notWritable: null },
    ...{ unsuitable: null, isOpenToOthers: false, journalMode: 'wal', ...changes },
  };
  return { facts: { database: { file } } as SetupFacts } as ExaminedSetup;
};

describe('doctor decides by the number of a file system', () => {
  // `stat -f -c %t` prints them, in hexadecimal; linux/magic.h and the manual page statfs(2) name them.
  it.each([
    ['nfs', '6969', 'network'],
    ['smb', '517b', 'network'],
    ['cifs', 'ff534d42', 'network'],
    ['smb2', 'fe534d42', 'network'],
    ['v9fs, of virtual machines', '1021997', 'network'],
    ['ceph', 'c36400', 'network'],
    ['afs', '5346414f', 'network'],
    ['lustre', 'bd00bd0', 'network'],
    ['tmpfs', '1021994', 'memory'],
    ['ramfs', '858458f6', 'memory'],
    ['overlayfs', '794c7630', 'container'],
    ['ext4', 'ef53', null],
    ['xfs', '58465342', null],
    ['btrfs', '9123683e', null],
    ['zfs', '2fc12fc1', null],
  ])('%s (%s): %s', (_name, printed, expected) => {
    const number = parseInt(printed, 16);
    expect(classifyFileSystem(number)).toBe(expected);
    // Where it is read as a number with a sign.
    expect(classifyFileSystem(number | 0)).toBe(expected);
    const findings = checkFile(fileOf({ unsuitable: classifyFileSystem(number) }));
    expect(findings.map(({ id }) => id)).toEqual(expected === null ? [] : [`file-on-${expected}`]);
  });

  it('where it is in user space, by what the system says is mounted there', () => {
    const mounts = [
      '22 27 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw',
      '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
      '301 27 0:52 / /data rw,nosuid,nodev,relatime shared:160 - fuse.sshfs ops@files:/srv rw,user_id=0,group_id=0',
      '302 27 0:53 / /data/my\\040keys rw,relatime shared:161 - fuseblk /dev/sdb1 rw,user_id=0,group_id=0',
      '303 27 0:54 / /bucket rw,nosuid,nodev,relatime - fuse.s3fs s3fs rw,user_id=0,group_id=0,allow_other',
      '304 27 254:1 / /bucket rw,relatime - xfs /dev/vdb rw',
      '',
    ].join('\n');
    const typeOf = (path: string): string | null => findMountType(mounts, path);
    expect(typeOf('/data/keys.sqlite')).toBe('fuse.sshfs');
    expect(typeOf('/data/my keys/keys.sqlite')).toBe('fuseblk');
    expect(typeOf('/database/keys.sqlite')).toBe('ext4');
    // The disk was mounted over the bucket.
    expect(typeOf('/bucket/keys.sqlite')).toBe('xfs');
    expect(typeOf('/data')).toBe('fuse.sshfs');
    expect(findMountType('', '/data')).toBe(null);
    const types = ['fuse.sshfs', 'fuse.s3fs', 'fuseblk', 'fuse.lxcfs', null];
    expect(types.map(isNetworkMount)).toEqual([true, true, false, false, false]);
    const own = readFileSync('/proc/self/mountinfo', 'utf8');
    expect(findMountType(own, '/proc/self')).toBe('proc');
    expect(findMountType(own, '/dev/shm/keys.sqlite')).toBe('tmpfs');
  });

  it('where it is network or memory, keys are lost or processes do not see each other: an error', () => {
    const severityOf = (unsuitable: FileFacts['unsuitable']): string | undefined =>
      checkFile(fileOf({ unsuitable }))[0]?.severity;
    expect([severityOf('network'), severityOf('memory'), severityOf('container')]).toEqual([
      ...['error', 'error', 'warning'],
    ]);
  });

  it('and agrees with the system about the file systems of this machine', async () => {
    for (const folder of [makeFolder(), makeFolder('/dev/shm')]) {
      const path = join(folder, 'keys.sqlite');
      const apiKeys = create({ database: `file:${path}` });
      await apiKeys.ready();
      await apiKeys.close();
      const { out } = await runHere(['doctor', '--app', anyModule, '--json'], {
        exports: { apiKeys: create({ database: `file:${path}` }) },
        environment: { NODE_ENV: 'production' },
      });
      const { findings } = JSON.parse(out) as { findings: { id: string }[] };
      const kind = classifyFileSystem(statfsSync(path).type);
      expect(findings.map(({ id }) => id)).toEqual(kind === null ? [] : [`file-on-${kind}`]);
    }
  });
});

describe('doctor decides by the journal of a file', () => {
  it.each([['delete'], ['truncate'], ['persist'], ['memory'], ['off'], ['wal']])('%s', (mode) => {
    const database = new Libsql(join(makeFolder(), 'any.sqlite'));
    const statement = database.prepare(`pragma journal_mode = ${mode}`);
    const { journal_mode: journalMode } = statement.get() as { journal_mode: string };
    database.close();
    expect(journalMode).toBe(mode);
    const findings = checkFile(fileOf({ journalMode }));
    expect(findings.map(({ id, severity }) => [id, severity])).toEqual(
      mode === 'wal' ? [] : [['file-without-wal', 'error']],
    );
  });
});

describe('doctor decides by the version of Node.js', () => {
  it.each([
    ['18.20.8', true],
    ['20.9.0', true],
    ['20.18.3', true],
    ['v20.18.3', true],
    ['20.19.0', false],
    ['22.0.0', false],
    ['24.1.0-nightly', false],
  ])('%s: too old: %s', (nodeVersion, isTooOld) => {
    const findings = checkNode({ nodeVersion } as ExaminedSetup);
    expect(findings.map(({ id, severity }) => [id, severity])).toEqual(
      isTooOld ? [['node-too-old', 'error']] : [],
    );
  });
});
