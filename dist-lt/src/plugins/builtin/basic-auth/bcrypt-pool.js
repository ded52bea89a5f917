/** At 100 ms a comparison the last one in the queue waits 1.6 s; more would only time out in the clients. */
const MAX_WAITING = 16;
/** More comparisons are waiting than will be done in good time. */
export class BcryptBusyError extends Error {
}
let pool = null;
let pending = 0;
/** Piscina is loaded with the first comparison: most gateways and all validations never need it. */
async function openPool() {
    const { Piscina } = await import('piscina');
    return new Piscina({
        filename: new URL('./bcrypt-thread.js', import.meta.url).href,
        name: 'compare',
        minThreads: 0,
        maxThreads: 1,
        idleTimeout: 10_000,
    });
}
/**
 * Compares on one helper thread that all instances in this worker share, so that the event loop goes on.
 *
 * @throws BcryptBusyError when too many comparisons are waiting
 */
export async function bcryptCompare(password, hash) {
    if (pending > MAX_WAITING)
        throw new BcryptBusyError();
    pending++;
    try {
        pool ??= openPool();
        const task = { password, hash };
        return await (await pool).run(task);
    }
    finally {
        pending--;
    }
}
/** Ends the helper thread at once instead of after its idle time. */
export async function closeBcryptPool() {
    const open = pool;
    pool = null;
    await (await open)?.destroy();
}
//# sourceMappingURL=bcrypt-pool.js.map