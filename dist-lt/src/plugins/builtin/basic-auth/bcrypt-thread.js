import { compareSync } from 'bcryptjs';
/** Runs in a thread of its own: one comparison takes 50 to 300 ms of pure computation. */
export function compare(task) {
    return compareSync(task.password, task.hash);
}
//# sourceMappingURL=bcrypt-thread.js.map