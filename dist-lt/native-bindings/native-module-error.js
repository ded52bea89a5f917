/** A native module that this machine cannot run. The message says what to do. */
export class NativeModuleError extends Error {
    constructor(message) {
        super(message);
        this.name = 'NativeModuleError';
    }
}
//# sourceMappingURL=native-module-error.js.map