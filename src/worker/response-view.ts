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

  /** Like that of a reply, if a hook has changed it. */
  get hasLegalStatus(): boolean {
    const { status } = this;
    return status === this.originalStatus || (Number.isInteger(status) && status >= 200 && status <= 599);
  }

  /** Whether the client gets a body: a hook may have made the status one that has none (rule C6). */
  get sendsBody(): boolean {
    return this.hasBody && !isBodyless(this.status);
  }

  /** A length that the changed status does not allow, or asks for. */
  fitLength(): void {
    if (isBodyless(this.status)) this.headers.delete('Content-Length');
    else if (isBodyless(this.originalStatus)) this.headers.set('Content-Length', '0');
  }
}

/** RFC 9112 section 6.3: such a response ends with its head, whatever its fields say. */
function isBodyless(status: number): boolean {
  return status === 204 || status === 304;
}
