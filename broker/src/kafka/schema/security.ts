// Authentication, ACLs, delegation tokens, SCRAM credentials.

import { api, array } from '../notation.ts';

const SaslHandshake = api(
  { key: 17, name: 'SaslHandshake', versions: '0-1', flexible: 'none' },
  {
    mechanism: 'string',
  },
  {
    errorCode: 'int16',
    mechanisms: '[]string',
  },
);

const SaslAuthenticate = api(
  { key: 36, name: 'SaslAuthenticate', versions: '0-2', flexible: '2+' },
  {
    authBytes: 'bytes',
  },
  {
    errorCode: 'int16',
    errorMessage: 'string ?',
    authBytes: 'bytes',
    sessionLifetimeMs: 'int64 1+ =0',
  },
);

const DescribeAcls = api(
  { key: 29, name: 'DescribeAcls', versions: '1-3', flexible: '2+' },
  {
    resourceTypeFilter: 'int8',
    resourceNameFilter: 'string ?',
    patternTypeFilter: 'int8 1+ =3',
    principalFilter: 'string ?',
    hostFilter: 'string ?',
    operation: 'int8',
    permissionType: 'int8',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ?',
    resources: array('DescribeAclsResource', {
      resourceType: 'int8',
      resourceName: 'string',
      patternType: 'int8 1+ =3',
      acls: array('AclDescription', {
        principal: 'string',
        host: 'string',
        operation: 'int8',
        permissionType: 'int8',
      }),
    }),
  },
);

const CreateAcls = api(
  { key: 30, name: 'CreateAcls', versions: '1-3', flexible: '2+' },
  {
    creations: array('AclCreation', {
      resourceType: 'int8',
      resourceName: 'string',
      resourcePatternType: 'int8 1+ =3',
      principal: 'string',
      host: 'string',
      operation: 'int8',
      permissionType: 'int8',
    }),
  },
  {
    throttleTimeMs: 'int32',
    results: array('AclCreationResult', {
      errorCode: 'int16',
      errorMessage: 'string ?',
    }),
  },
);

const DeleteAcls = api(
  { key: 31, name: 'DeleteAcls', versions: '1-3', flexible: '2+' },
  {
    filters: array('DeleteAclsFilter', {
      resourceTypeFilter: 'int8',
      resourceNameFilter: 'string ?',
      patternTypeFilter: 'int8 1+ =3',
      principalFilter: 'string ?',
      hostFilter: 'string ?',
      operation: 'int8',
      permissionType: 'int8',
    }),
  },
  {
    throttleTimeMs: 'int32',
    filterResults: array('DeleteAclsFilterResult', {
      errorCode: 'int16',
      errorMessage: 'string ?',
      matchingAcls: array('DeleteAclsMatchingAcl', {
        errorCode: 'int16',
        errorMessage: 'string ?',
        resourceType: 'int8',
        resourceName: 'string',
        patternType: 'int8 1+ =3',
        principal: 'string',
        host: 'string',
        operation: 'int8',
        permissionType: 'int8',
      }),
    }),
  },
);

const CreateDelegationToken = api(
  { key: 38, name: 'CreateDelegationToken', versions: '1-3', flexible: '2+' },
  {
    ownerPrincipalType: 'string 3+ ?',
    ownerPrincipalName: 'string 3+ ?',
    renewers: array('CreatableRenewers', {
      principalType: 'string',
      principalName: 'string',
    }),
    maxLifetimeMs: 'clamp64',
  },
  {
    errorCode: 'int16',
    principalType: 'string',
    principalName: 'string',
    tokenRequesterPrincipalType: 'string 3+',
    tokenRequesterPrincipalName: 'string 3+',
    issueTimestampMs: 'int64',
    expiryTimestampMs: 'int64',
    maxTimestampMs: 'int64',
    tokenId: 'string',
    hmac: 'bytes',
    throttleTimeMs: 'int32',
  },
);

const RenewDelegationToken = api(
  { key: 39, name: 'RenewDelegationToken', versions: '1-2', flexible: '2+' },
  {
    hmac: 'bytes',
    renewPeriodMs: 'clamp64',
  },
  {
    errorCode: 'int16',
    expiryTimestampMs: 'int64',
    throttleTimeMs: 'int32',
  },
);

const ExpireDelegationToken = api(
  { key: 40, name: 'ExpireDelegationToken', versions: '1-2', flexible: '2+' },
  {
    hmac: 'bytes',
    expiryTimePeriodMs: 'clamp64',
  },
  {
    errorCode: 'int16',
    expiryTimestampMs: 'int64',
    throttleTimeMs: 'int32',
  },
);

const DescribeDelegationToken = api(
  { key: 41, name: 'DescribeDelegationToken', versions: '1-3', flexible: '2+' },
  {
    owners: array('DescribeDelegationTokenOwner ?', {
      principalType: 'string',
      principalName: 'string',
    }),
  },
  {
    errorCode: 'int16',
    tokens: array('DescribedDelegationToken', {
      principalType: 'string',
      principalName: 'string',
      tokenRequesterPrincipalType: 'string 3+',
      tokenRequesterPrincipalName: 'string 3+',
      issueTimestamp: 'int64',
      expiryTimestamp: 'int64',
      maxTimestamp: 'int64',
      tokenId: 'string',
      hmac: 'bytes',
      renewers: array('DescribedDelegationTokenRenewer', {
        principalType: 'string',
        principalName: 'string',
      }),
    }),
    throttleTimeMs: 'int32',
  },
);

const DescribeUserScramCredentials = api(
  { key: 50, name: 'DescribeUserScramCredentials', versions: '0', flexible: '0+' },
  {
    users: array('UserName ?', {
      name: 'string',
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ?',
    results: array('DescribeUserScramCredentialsResult', {
      user: 'string',
      errorCode: 'int16',
      errorMessage: 'string ?',
      credentialInfos: array('CredentialInfo', {
        mechanism: 'int8',
        iterations: 'int32',
      }),
    }),
  },
);

const AlterUserScramCredentials = api(
  { key: 51, name: 'AlterUserScramCredentials', versions: '0', flexible: '0+' },
  {
    deletions: array('ScramCredentialDeletion', {
      name: 'string',
      mechanism: 'int8',
    }),
    upsertions: array('ScramCredentialUpsertion', {
      name: 'string',
      mechanism: 'int8',
      iterations: 'int32',
      salt: 'bytes',
      saltedPassword: 'bytes',
    }),
  },
  {
    throttleTimeMs: 'int32',
    results: array('AlterUserScramCredentialsResult', {
      user: 'string',
      errorCode: 'int16',
      errorMessage: 'string ?',
    }),
  },
);

export const securityApis = {
  SaslHandshake,
  SaslAuthenticate,
  DescribeAcls,
  CreateAcls,
  DeleteAcls,
  CreateDelegationToken,
  RenewDelegationToken,
  ExpireDelegationToken,
  DescribeDelegationToken,
  DescribeUserScramCredentials,
  AlterUserScramCredentials,
};
