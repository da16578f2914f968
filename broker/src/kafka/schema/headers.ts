// The headers in front of every request and response.

import { message } from '../notation.ts';

export const RequestHeader = message(
  { name: 'RequestHeader', versions: '1-2', flexible: '2+' },
  {
    requestApiKey: 'int16',
    requestApiVersion: 'int16',
    correlationId: 'int32',
    clientId: 'string 1+ ? !flexible',
  },
);

export const ResponseHeader = message(
  { name: 'ResponseHeader', versions: '0-1', flexible: '1+' },
  {
    correlationId: 'int32',
  },
);
