// Keys that Kafka no longer has: no version of them is valid.

import { api } from '../notation.ts';

const LeaderAndIsr = api({ key: 4, name: 'LeaderAndIsr', versions: 'none', flexible: 'none' }, {}, {});

const StopReplica = api({ key: 5, name: 'StopReplica', versions: 'none', flexible: 'none' }, {}, {});

const UpdateMetadata = api({ key: 6, name: 'UpdateMetadata', versions: 'none', flexible: 'none' }, {}, {});

const ControlledShutdown = api({ key: 7, name: 'ControlledShutdown', versions: 'none', flexible: 'none' }, {}, {});

export const removedApis = { LeaderAndIsr, StopReplica, UpdateMetadata, ControlledShutdown };
