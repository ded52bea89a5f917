import { type HttpOrigin, startHttpOrigin } from './origin.ts';
import { reservePort } from './ports.ts';

/** A service at a fixed address that can be killed and revived. */
export class Endpoint {
  readonly name: string;
  port = 0;
  served = 0;
  #origin: HttpOrigin | null = null;
  #release: (() => void) | null = null;

  constructor(name: string) {
    this.name = name;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    if (this.port === 0) {
      // A reserved port cannot become that of somebody's outgoing connection while this endpoint is dead.
      const { port, release } = await reservePort();
      this.port = port;
      this.#release = release;
    }
    this.#origin = await startHttpOrigin((request, response) => {
      request.resume().on('end', () => {
        this.served++;
        response.end(this.name);
      });
    }, this.port);
    return this;
  }

  /** Cuts every connection and stops listening. */
  async kill(): Promise<void> {
    const origin = this.#origin;
    this.#origin = null;
    await origin?.close();
  }

  /** Kills it for good. */
  async close(): Promise<void> {
    await this.kill();
    this.#release?.();
  }
}
