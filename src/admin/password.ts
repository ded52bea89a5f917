/** Runs in a thread of its own: one bcrypt comparison is a few hundred milliseconds of pure computing. */
import { compareSync } from 'bcryptjs';

export interface PasswordCheck {
  readonly password: string;
  readonly hash: string;
}

export function checkPassword({ password, hash }: PasswordCheck): boolean {
  return compareSync(password, hash);
}
