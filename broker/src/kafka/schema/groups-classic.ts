// The classic group protocol and the calls that list, describe and delete groups of any type.

import { api, array } from '../notation.ts';

const JoinGroup = api(
  { key: 11, name: 'JoinGroup', versions: '0-9', flexible: '6+' },
  {
    groupId: 'string',
    sessionTimeoutMs: 'int32',
    rebalanceTimeoutMs: 'int32 1+ =-1',
    memberId: 'string',
    groupInstanceId: 'string 5+ ? =null',
    protocolType: 'string',
    protocols: array('JoinGroupRequestProtocol', {
      name: 'string',
      metadata: 'bytes',
    }),
    reason: 'string 8+ ? =null',
  },
  {
    throttleTimeMs: 'int32 2+',
    errorCode: 'int16',
    generationId: 'int32 =-1',
    protocolType: 'string 7+ ? =null',
    protocolName: 'string ?7+',
    leader: 'string',
    skipAssignment: 'bool 9+ =false',
    memberId: 'string',
    members: array('JoinGroupResponseMember', {
      memberId: 'string',
      groupInstanceId: 'string 5+ ? =null',
      metadata: 'bytes',
    }),
  },
);

const Heartbeat = api(
  { key: 12, name: 'Heartbeat', versions: '0-4', flexible: '4+' },
  {
    groupId: 'string',
    generationId: 'int32',
    memberId: 'string',
    groupInstanceId: 'string 3+ ? =null',
  },
  {
    throttleTimeMs: 'int32 1+',
    errorCode: 'int16',
  },
);

const LeaveGroup = api(
  { key: 13, name: 'LeaveGroup', versions: '0-5', flexible: '4+' },
  {
    groupId: 'string',
    memberId: 'string 0-2',
    members: array('MemberIdentity 3+', {
      memberId: 'string 3+',
      groupInstanceId: 'string 3+ ? =null',
      reason: 'string 5+ ? =null',
    }),
  },
  {
    throttleTimeMs: 'int32 1+',
    errorCode: 'int16',
    members: array('MemberResponse 3+', {
      memberId: 'string 3+',
      groupInstanceId: 'string 3+ ?',
      errorCode: 'int16 3+',
    }),
  },
);

const SyncGroup = api(
  { key: 14, name: 'SyncGroup', versions: '0-5', flexible: '4+' },
  {
    groupId: 'string',
    generationId: 'int32',
    memberId: 'string',
    groupInstanceId: 'string 3+ ? =null',
    protocolType: 'string 5+ ? =null',
    protocolName: 'string 5+ ? =null',
    assignments: array('SyncGroupRequestAssignment', {
      memberId: 'string',
      assignment: 'bytes',
    }),
  },
  {
    throttleTimeMs: 'int32 1+',
    errorCode: 'int16',
    protocolType: 'string 5+ ? =null',
    protocolName: 'string 5+ ? =null',
    assignment: 'bytes',
  },
);

const DescribeGroups = api(
  { key: 15, name: 'DescribeGroups', versions: '0-6', flexible: '5+' },
  {
    groups: '[]string',
    includeAuthorizedOperations: 'bool 3+',
  },
  {
    throttleTimeMs: 'int32 1+',
    groups: array('DescribedGroup', {
      errorCode: 'int16',
      errorMessage: 'string 6+ ? =null',
      groupId: 'string',
      groupState: 'string',
      protocolType: 'string',
      protocolData: 'string',
      members: array('DescribedGroupMember', {
        memberId: 'string',
        groupInstanceId: 'string 4+ ? =null',
        clientId: 'string',
        clientHost: 'string',
        memberMetadata: 'bytes',
        memberAssignment: 'bytes',
      }),
      authorizedOperations: 'int32 3+ =-2147483648',
    }),
  },
);

const ListGroups = api(
  { key: 16, name: 'ListGroups', versions: '0-5', flexible: '3+' },
  {
    statesFilter: '[]string 4+',
    typesFilter: '[]string 5+',
  },
  {
    throttleTimeMs: 'int32 1+',
    errorCode: 'int16',
    groups: array('ListedGroup', {
      groupId: 'string',
      protocolType: 'string',
      groupState: 'string 4+',
      groupType: 'string 5+',
    }),
  },
);

const DeleteGroups = api(
  { key: 42, name: 'DeleteGroups', versions: '0-3', flexible: '2+' },
  {
    groupsNames: '[]string',
  },
  {
    throttleTimeMs: 'int32',
    results: array('DeletableGroupResult', {
      groupId: 'string',
      errorCode: 'int16',
      errorMessage: 'string 3+ ? =null',
    }),
  },
);

export const groupsClassicApis = {
  JoinGroup,
  Heartbeat,
  LeaveGroup,
  SyncGroup,
  DescribeGroups,
  ListGroups,
  DeleteGroups,
};
