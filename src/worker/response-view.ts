import { HeaderBlock } from '../http/header-block.ts';
import type { PluginResponse } from '../plugins/api.ts';

/** What the response hooks see and edit. */
export class ResponseView implements PluginResponse {
  status: number;
  readonly originalStatus: number;
  readonly headers: HeaderBlock;
  readonly hasBody: boolean;
  readonly local: boolean;

  /** @param lines field lines without hop-by-hop fields; Content-Length among them if the length is known */
  constructor(status: number, hasBody: boolean, local: boolean, lines: string) {
    this.status = status;
    this.originalStatus = status;
    this.hasBody = hasBody;
    this.local = local;
    this.headers = new HeaderBlock().load(lines);
  }
}
