import { hostname } from 'node:os';

/** Name of this machine; in a container, of the container. */
export function systemHostName(): string {
  return hostname();
}
