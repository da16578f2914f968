/** Resolves with the next SIGTERM or SIGINT; until then such a signal does not end the process. */
export function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const settle = (signal: NodeJS.Signals): void => {
      process.removeListener('SIGTERM', settle);
      process.removeListener('SIGINT', settle);
      resolve(signal);
    };
    process.on('SIGTERM', settle);
    process.on('SIGINT', settle);
  });
}
