/** A promise that is answered once, later, from elsewhere. */
export class Waiter<T> {
  readonly promise: Promise<T>;
  readonly answer: (value: T) => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<T>();
    this.promise = promise;
    this.answer = resolve;
  }
}
