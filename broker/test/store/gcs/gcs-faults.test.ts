import { GcsStore } from '../../../src/store/gcs/gcs-store.ts';
import { FakeGcs, gcsRefusal } from '../fakes/fake-gcs.ts';
import { remoteFaults } from '../remote-faults.ts';
import { gcsConfig, gcsOptions } from './support.ts';

remoteFaults('Google Cloud Storage', {
  newFake: () => new FakeGcs(),
  open: (endpoint, maxConnections = 16) => new GcsStore(gcsConfig(endpoint), gcsOptions({ maxConnections })),
  throttled: gcsRefusal(429, 'rateLimitExceeded', 'The rate of requests is too high.'),
  wholeObject: (body) => ({ status: 200, body }),
});
