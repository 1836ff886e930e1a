import type { FileFacts } from '../../domain/setup-facts.js';
import type { Check } from './examined-setup.js';
import type { Finding } from './finding.js';

const see = 'docs/production/backup-and-restore.md';
const unsuitable: Readonly<Record<NonNullable<FileFacts['unsuitable']>, Omit<Finding, 'id' | 'see'>>> = {
  network: {
    severity: 'error',
    problem: 'The SQLite file is on a network file system.',
    why: 'Its locks do not work there: processes of two machines would damage the file, and not see each other revoke keys.',
    remedy: 'Put the file on a local disk, or use PostgreSQL.',
  },
  memory: {
    severity: 'error',
    problem: 'The SQLite file is on a file system in memory.',
    why: 'All keys and the audit log are gone when the machine restarts.',
    remedy: 'Put the file on a disk.',
  },
  container: {
    severity: 'warning',
    problem: 'The SQLite file is on the file system of a container.',
    why: 'All keys and the audit log are gone when the container is replaced.',
    remedy: 'Put the file on a volume.',
  },
};

/** Where an embedded file is, and who may read and write it. */
export const checkFile: Check = ({ facts }) => {
  const file = facts?.database?.file;
  if (file === null || file === undefined) return [];
  const findings: Finding[] = [];
  if (file.notWritable !== null) {
    findings.push({
      id: 'file-not-writable',
      severity: 'error',
      problem: `${file.path} cannot be written to (${file.notWritable}).`,
      why: 'The instance does not become ready: guards and routers answer 503.',
      remedy: 'Let the user of the app write to the file and to its folder, or name another one.',
      see,
    });
  }
  if (file.unsuitable !== null)
    findings.push({ id: `file-on-${file.unsuitable}`, ...unsuitable[file.unsuitable], see });
  if (file.isOpenToOthers) {
    findings.push({
      id: 'file-open-to-others',
      severity: 'warning',
      problem: `Other users of this machine may read ${file.path}.`,
      why: 'It has the hashes of all secrets, the owners and the audit log.',
      remedy: 'chmod 600 for the file, and for those beside it that end in -wal and -shm.',
      see,
    });
  }
  if (file.journalMode !== null && file.journalMode !== 'wal') {
    findings.push({
      id: 'file-without-wal',
      severity: 'error',
      problem: `The journal of ${file.path} is in the mode ${file.journalMode}, not wal.`,
      why: 'The file system has no shared memory for it, so reads wait for changes.',
      remedy: 'Put the file on a local disk.',
      see,
    });
  }
  return findings;
};
