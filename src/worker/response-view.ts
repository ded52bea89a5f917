import type { PluginResponse } from '../plugins/api.ts';
import { ResponseFields } from './response-fields.ts';

/** What the response hooks see and edit. */
export class ResponseView implements PluginResponse {
  status: number;
  readonly originalStatus: number;
  readonly headers: ResponseFields;
  readonly hasBody: boolean;
  readonly local: boolean;

  /**
   * @param lines field lines without hop-by-hop fields
   * @param hasLength Content-Length is among them
   */
  constructor(status: number, hasBody: boolean, local: boolean, lines: string, hasLength: boolean) {
    this.status = status;
    this.originalStatus = status;
    this.hasBody = hasBody;
    this.local = local;
    this.headers = new ResponseFields(lines, hasLength);
  }
}
