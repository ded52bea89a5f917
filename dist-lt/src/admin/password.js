/** Runs in a thread of its own: one bcrypt comparison is a few hundred milliseconds of pure computing. */
import { compareSync } from 'bcryptjs';
export function checkPassword({ password, hash }) {
    return compareSync(password, hash);
}
//# sourceMappingURL=password.js.map