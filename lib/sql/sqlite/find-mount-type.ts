/** File systems in user space that reach another machine; the kernel has one number for all of user space. */
const networkTypes: ReadonlySet<string> = new Set(
  ['ceph-fuse', 'davfs', 'gcsfuse', 'glusterfs', 'juicefs', 'mountpoint-s3', 'rclone', 's3fs', 'sshfs'].map(
    (name) => `fuse.${name}`,
  ),
);

/**
 * Finds the type of the file system that a path is on: `fuse.sshfs`; `null` when there is none.
 *
 * @param mounts - the text of `/proc/self/mountinfo`, see proc_pid_mountinfo(5)
 * @param path - absolute
 */
export function findMountType(mounts: string, path: string): string | null {
  let found: { readonly point: string; readonly type: string } | null = null;
  for (const line of mounts.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const point = decodePath(left.split(' ')[4] ?? '');
    const [type = ''] = right.split(' ');
    if (point === '' || type === '' || !isBelow(path, point)) continue;
    // Of two on one point, the later one hides the other.
    if (found === null || point.length >= found.point.length) found = { point, type };
  }
  return found?.type ?? null;
}

/** Whether a file system in user space reaches another machine, by its type. */
export function isNetworkMount(type: string | null): boolean {
  return type !== null && networkTypes.has(type);
}

function isBelow(path: string, point: string): boolean {
  return path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`);
}

/** Blanks and backslashes are written as octal numbers: `\040`. */
function decodePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
