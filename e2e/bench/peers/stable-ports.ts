import { freePort } from '../../support/ports.ts';

/**
 * Two free ports for each directory, the same at every start over it: a broker that comes back under another address counts as
 * another installation, and waits until the earlier one has certainly gone.
 */
export class StablePorts {
  readonly #ports = new Map<string, readonly [number, number]>();

  async of(directory: string): Promise<readonly [number, number]> {
    const known = this.#ports.get(directory);
    if (known !== undefined) return known;
    const fresh = [await freePort(), await freePort()] as const;
    this.#ports.set(directory, fresh);
    return fresh;
  }
}
