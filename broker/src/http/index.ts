export { serveHttp } from './http-server.ts';
export type { HttpListener, HttpSources, Verdict } from './http-server.ts';
export { Metrics } from './metrics.ts';
export type { Reading } from './metrics.ts';
