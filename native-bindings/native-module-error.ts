/** A native module that this machine cannot run. The message says what to do. */
export class NativeModuleError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NativeModuleError';
  }
}
