import { brokerMutations } from './broker.ts';
import { copierMutations } from './copier.ts';
import { failoverMutations } from './failover.ts';
import type { Mutation } from './mutation.ts';
import { slotLogMutations } from './slot-log.ts';

/** Every mechanism whose absence the simulation must notice. */
export const mutations: readonly Mutation[] = [
  ...slotLogMutations,
  ...brokerMutations,
  ...copierMutations,
  ...failoverMutations,
];

export function mutationNamed(name: string): Mutation {
  const mutation = mutations.find((one) => one.name === name);
  if (mutation === undefined) throw new Error(`There is no mutation ${JSON.stringify(name)}.`);
  return mutation;
}
