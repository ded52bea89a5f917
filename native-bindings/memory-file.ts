/**
 * Files that are nowhere but in memory, for native libraries that take the names of files only: private keys are never
 * written to a disk. Linux.
 */
import { writeSync } from 'node:fs';
import { openLibc } from './libc.ts';
import { NativeModuleError } from './native-module-error.ts';

const MFD_CLOEXEC = 1;

/**
 * Calls `use` with the paths of files that hold `texts`, in the same order; they are gone when it returns.
 *
 * @throws NativeModuleError where there are no such files
 */
export function withMemoryFiles<T>(texts: readonly string[], use: (paths: readonly string[]) => T): T {
  const libc = process.platform === 'linux' ? openLibc() : null;
  if (libc === null) throw new NativeModuleError('files in memory need Linux and the native module koffi');
  const create = libc.func('int memfd_create(const char *name, unsigned int flags)');
  // Not Node's own: it warns of descriptors that it has not opened.
  const close = libc.func('int close(int fd)');
  const descriptors: number[] = [];
  try {
    for (const text of texts) {
      const descriptor = create('octopus', MFD_CLOEXEC) as number;
      if (descriptor < 0) throw new NativeModuleError(`memfd_create failed with errno ${libc.errno()}`);
      descriptors.push(descriptor);
      const bytes = Buffer.from(text, 'latin1');
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at);
    }
    return use(descriptors.map((descriptor) => `/proc/self/fd/${descriptor}`));
  } finally {
    for (const descriptor of descriptors) close(descriptor);
  }
}
