/** Rejects with `message` when the promise is not settled in time. The work itself cannot be stopped. */
export async function withinTime(work, milliseconds, message) {
    let timer;
    const limit = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(message)), milliseconds);
    });
    try {
        return await Promise.race([work, limit]);
    }
    finally {
        clearTimeout(timer);
    }
}
//# sourceMappingURL=time-limit.js.map