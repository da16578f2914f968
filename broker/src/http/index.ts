export { serveHttp } from './http-server.ts';
export type { HttpListener, HttpSources, Verdict } from './http-server.ts';
