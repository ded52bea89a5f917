import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdminState } from './state.ts';

/** One path of the admin API. */
export interface Resource {
  readonly path: string;
  /** `GET` stands for `HEAD` too. */
  readonly method: 'GET' | 'POST';
  /** One line for the index page; `''` keeps it off that page. */
  readonly summary: string;
  /** True: answered without password. */
  readonly isPublic: boolean;
  answer(request: IncomingMessage, response: ServerResponse, state: AdminState): void | Promise<void>;
}
