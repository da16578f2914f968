// Keys that Kafka no longer has: no version of them is valid.

import { api } from '../notation.ts';

export const LeaderAndIsr = api({ key: 4, name: 'LeaderAndIsr', versions: 'none', flexible: 'none' }, {}, {});

export const StopReplica = api({ key: 5, name: 'StopReplica', versions: 'none', flexible: 'none' }, {}, {});

export const UpdateMetadata = api({ key: 6, name: 'UpdateMetadata', versions: 'none', flexible: 'none' }, {}, {});

export const ControlledShutdown = api(
  { key: 7, name: 'ControlledShutdown', versions: 'none', flexible: 'none' },
  {},
  {},
);
