/** The C library of this process, through koffi: a prebuilt module, so no compiler is needed. */
import { createRequire } from 'node:module';

type Koffi = typeof import('koffi');

export interface NativeLibrary {
  /** @param signature in C, such as `int close(int fd)` */
  func(signature: string): ReturnType<ReturnType<Koffi['load']>['func']>;
  /** `errno` of the last call of this thread. */
  errno(): number;
  readonly koffi: Koffi;
}

let cached: NativeLibrary | null | undefined;

/** Loaded when first needed: a tenth of a second that most gateways save. @returns null when koffi cannot be loaded */
export function openLibc(): NativeLibrary | null {
  if (cached !== undefined) return cached;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const library = koffi.load(null);
    cached = { func: (signature) => library.func(signature), errno: () => koffi.errno(), koffi };
  } catch {
    cached = null;
  }
  return cached;
}
