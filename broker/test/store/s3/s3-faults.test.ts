import { S3Store } from '../../../src/store/s3/s3-store.ts';
import { FakeS3, s3Refusal } from '../fakes/fake-s3.ts';
import { remoteFaults } from '../remote-faults.ts';
import { s3Config, s3Options } from './support.ts';

remoteFaults('S3', {
  newFake: () => new FakeS3(),
  open: (endpoint, maxConnections = 16) => new S3Store(s3Config(endpoint), s3Options({ maxConnections })),
  throttled: s3Refusal(503, 'SlowDown', 'Please reduce your request rate.'),
  wholeObject: (body) => ({ status: 200, body }),
});
