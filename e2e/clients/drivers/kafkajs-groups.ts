import type { Admin } from 'kafkajs';
import type { ClientActions } from '../model/client.ts';

export function groupActions(admin: Admin): Partial<ClientActions> {
  return {
    listGroups: async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId),
    describeGroup: async (group, topic) => {
      const { groups } = await admin.describeGroups([group]);
      const state = groups[0]?.state;
      if (state !== 'Empty') throw new Error(`group ${group} is ${String(state)} instead of Empty`);
      const offsets = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const partitions = offsets.flatMap((answer) => answer.partitions);
      return new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    },
    resetOffsets: (group, topic) => admin.resetOffsets({ groupId: group, topic, earliest: true }),
    deleteGroup: async (group) => {
      const results = await admin.deleteGroups([group]);
      for (const { errorCode } of results) {
        if (errorCode !== undefined && errorCode !== 0) throw new Error(`error ${errorCode} for group ${group}`);
      }
    },
  };
}
