import { KafkaErrors, type ResponseInput } from '../../kafka/index.ts';
import { type ServedApi, serve } from '../../net/index.ts';

const MAX_VERSION = 4;
/** `InvalidRequest` for client software names that are not of this form (KIP-511). */
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** Tells what is in the table of served APIs, and nothing else. */
export function apiVersions(served: () => Iterable<ServedApi>): ServedApi<'ApiVersions'> {
  return serve(
    'ApiVersions',
    (request, { apiVersion }) => {
      const { clientSoftwareName, clientSoftwareVersion } = request;
      const isNamed = SOFTWARE_NAME.test(clientSoftwareName) && SOFTWARE_NAME.test(clientSoftwareVersion);
      if (apiVersion >= 3 && !isNamed) return { errorCode: KafkaErrors.INVALID_REQUEST, apiKeys: [] };
      const apiKeys = Array.from(served(), ({ key, minVersion, maxVersion }) => ({
        apiKey: key,
        minVersion,
        maxVersion,
      }));
      return { errorCode: KafkaErrors.NONE, apiKeys };
    },
    { max: MAX_VERSION },
  );
}

/** The version 0 body for a version that is not served: error 35 and the versions of ApiVersions that are (KIP-511). */
export function unknownApiVersions(): ResponseInput<'ApiVersions'> {
  return {
    errorCode: KafkaErrors.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: MAX_VERSION }],
  };
}
