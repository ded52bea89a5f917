import { type HttpOrigin, startHttpOrigin } from './origin.ts';

/** A service at a fixed address that can be killed and revived. */
export class Endpoint {
  readonly name: string;
  port = 0;
  served = 0;
  #origin: HttpOrigin | null = null;

  constructor(name: string) {
    this.name = name;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    this.#origin = await startHttpOrigin((request, response) => {
      request.resume().on('end', () => {
        this.served++;
        response.end(this.name);
      });
    }, this.port);
    this.port = this.#origin.port;
    return this;
  }

  /** Cuts every connection and stops listening. */
  async kill(): Promise<void> {
    const origin = this.#origin;
    this.#origin = null;
    await origin?.close();
  }
}
