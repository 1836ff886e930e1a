import { accessSync, constants, existsSync, readFileSync, realpathSync, statfsSync, statSync } from 'node:fs';
import * as nodePath from 'node:path';
import { getErrorCode } from '../../domain/error-code.js';
import type { FileFacts } from '../../domain/setup-facts.js';
import { findMountType, isNetworkMount } from './find-mount-type.js';

/** `f_type` of statfs(2), where the lock files or the shared memory of SQLite do not work, or the file does not last. */
const unsuitable: Readonly<Record<number, FileFacts['unsuitable']>> = {
  0x6969: 'network', // NFS
  0x517b: 'network', // SMB
  0xff534d42: 'network', // CIFS
  0xfe534d42: 'network', // SMB 2
  0x01021997: 'network', // 9P
  0x00c36400: 'network', // Ceph
  0x5346414f: 'network', // AFS
  0x0bd00bd0: 'network', // Lustre
  0x01021994: 'memory', // tmpfs
  0x858458f6: 'memory', // ramfs
  0x794c7630: 'container', // overlayfs: the layer of a container that goes with it
};

/** Any file system in user space. */
const userSpace = 0x65735546;

/** Classifies a file system by its number. */
export function classifyFileSystem(type: number): FileFacts['unsuitable'] {
  // A number of 32 bits may be read as a negative one.
  return unsuitable[type >>> 0] ?? null;
}

/** Looks at an embedded file, or at the folder that it would be created in. Opens nothing. */
export function examineFile(path: string): FileFacts {
  const exists = existsSync(path);
  const nearest = exists ? path : findNearestFolder(path);
  return {
    path,
    exists,
    notWritable: findObstacle(path, nearest),
    unsuitable: readFileSystem(nearest),
    isOpenToOthers: exists && process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0,
    journalMode: null,
  };
}

function findNearestFolder(path: string): string {
  const folder = nodePath.dirname(path);
  return folder === path || existsSync(folder) ? folder : findNearestFolder(folder);
}

/** The log beside the file is written too, so its folder counts. */
function findObstacle(path: string, nearest: string): string | null {
  try {
    const folder = nearest === path ? nodePath.dirname(path) : nearest;
    if (!statSync(folder).isDirectory()) return 'ENOTDIR';
    if (nearest === path && !statSync(path).isFile()) return 'EISDIR';
    for (const each of new Set([nearest, folder])) accessSync(each, constants.W_OK);
    return null;
  } catch (error) {
    return getErrorCode(error) ?? 'unknown error';
  }
}

function readFileSystem(path: string): FileFacts['unsuitable'] {
  try {
    const { type } = statfsSync(path);
    if (type >>> 0 !== userSpace) return classifyFileSystem(type);
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    return isNetworkMount(findMountType(mounts, realpathSync(path))) ? 'network' : null;
  } catch {
    return null;
  }
}
