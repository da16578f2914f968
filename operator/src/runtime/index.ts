// The door of runtime/: informers, queue, leadership, and the process that they make.
export { systemClock } from './clock.ts';
export { jsonLog } from './log.ts';
export { runOperator } from './operator.ts';
export { OptionError, readOptions } from './options.ts';
