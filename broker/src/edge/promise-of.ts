/** Runs `work` now and wraps its answer, or what it throws, in a promise: for adapters whose work needs no waiting. */
export function promiseOf<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
