/** What a request says about its sender. */
export interface GroupRequestContext {
  readonly apiVersion: number;
  readonly clientId: string;
  /** As tools show it, e.g. `/127.0.0.1`. */
  readonly clientHost: string;
}
