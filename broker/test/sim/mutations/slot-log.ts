import type { Mutation } from './mutation.ts';

export const slotLogMutations: readonly Mutation[] = [];
