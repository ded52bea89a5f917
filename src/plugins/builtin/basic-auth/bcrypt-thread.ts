import { compareSync } from 'bcryptjs';

export interface CompareTask {
  readonly password: string;
  readonly hash: string;
}

/** Runs in a thread of its own: one comparison takes 50 to 300 ms of pure computation. */
export function compare(task: CompareTask): boolean {
  return compareSync(task.password, task.hash);
}
