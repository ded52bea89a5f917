/**
 * `performance.now()` starts at zero in every thread, so its values mean nothing to another one. Cells that hold a time
 * keep it as process time: the monotonic clock of the machine, equal in all threads and deaf to changes of the wall
 * clock. A double holds it in milliseconds for longer than any machine runs.
 */
const [seconds, nanoseconds] = process.hrtime();
/**
 * Add it to this thread's `performance.now()` to get process time, subtract it to come back. Milliseconds, in whole
 * 1024ths: there and back gives the same number then, and a deadline is reached when it is reached.
 */
export const PROCESS_TIME_OFFSET = Math.round((seconds * 1000 + nanoseconds / 1e6 - performance.now()) * 1024) / 1024;
//# sourceMappingURL=process-time.js.map