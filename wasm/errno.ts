/**
 * The core's numbers for errors of the host's file system: WASI's, which differ from Linux's.
 *
 * @see https://github.com/emscripten-core/emscripten/blob/3.1.40/system/include/wasi/wasi-helpers.h
 */
export const ERRNO = {
  EACCES: 2,
  EBADF: 8,
  EDQUOT: 19,
  EEXIST: 20,
  EFBIG: 22,
  EINVAL: 28,
  EIO: 29,
  EISDIR: 31,
  ELOOP: 32,
  EMFILE: 33,
  ENAMETOOLONG: 37,
  ENOENT: 44,
  ENOSPC: 51,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  EPERM: 63,
  EROFS: 69,
} as const;

/** The core's number for an error that `node:fs` threw; unknown errors become an error of the disk. */
export function errnoOf(error: unknown): number {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code in ERRNO ? ERRNO[code as keyof typeof ERRNO] : ERRNO.EIO;
}
