import { type RequestContext, type ServedApi, serve } from '../../net/index.ts';
import type { GroupRequestContext } from '../../coordinator/index.ts';
import type { Services } from '../services.ts';

/** The group APIs whose requests the coordinator answers as they are. */
export function groupApis({ coordinator }: Services): readonly ServedApi[] {
  return [
    serve('JoinGroup', (request, context) => coordinator().joinGroup(request, sender(context))),
    serve('SyncGroup', (request, context) => coordinator().syncGroup(request, sender(context))),
    serve('Heartbeat', (request) => coordinator().heartbeat(request)),
    serve('LeaveGroup', (request, context) => coordinator().leaveGroup(request, sender(context))),
    serve('DescribeGroups', (request, context) => coordinator().describeGroups(request, sender(context))),
    serve('ListGroups', (request) => coordinator().listGroups(request)),
    serve('DeleteGroups', (request) => coordinator().deleteGroups(request), { max: 2 }),
    serve('OffsetDelete', (request) => coordinator().offsetDelete(request)),
  ] as unknown as readonly ServedApi[];
}

/** What the coordinator wants to know of a request's sender. */
export function sender({ apiVersion, clientId, peer }: RequestContext): GroupRequestContext {
  return { apiVersion, clientId: clientId ?? '', clientHost: `/${peer.host}` };
}
