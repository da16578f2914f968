import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeWorld } from '../fake/fake-world.ts';

async function applied(spec: object): Promise<FakeWorld> {
  const world = new FakeWorld();
  world.createCluster(spec);
  await world.settle();
  return world;
}

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

function containerOf(world: FakeWorld): Container {
  const spec = world.kube.fieldOf('Pod', 'orders-0', 'spec') as unknown as {
    readonly containers: readonly [Container];
  };
  return spec.containers[0];
}

test('credentials reach the broker as references; no ConfigMap holds any', async () => {
  const credentials = { secretRef: { name: 'bucket' } };
  const world = await applied({ objectStore: { s3: { bucket: 'b', endpoint: 'http://minio:9000' }, credentials } });
  const key = containerOf(world).env.find(({ name }) => name === 'S3_SECRET_KEY');
  assert.deepEqual(key?.valueFrom, { secretKeyRef: { name: 'bucket', key: 'secretAccessKey' } });
  const data = world.kube.fieldOf('ConfigMap', 'orders-settings', 'data');
  assert.equal(data['S3_DISABLE_SSL'], 'true', 'plain HTTP is asked for, because the endpoint says so');
  assert.deepEqual(
    Object.keys(data).filter((name) => /KEY|SECRET|TOKEN/.test(name)),
    [],
  );
});

test('an endpoint with TLS does not ask for plain HTTP', async () => {
  const world = await applied({ objectStore: { s3: { bucket: 'b', endpoint: 'https://minio:9000' } } });
  assert.equal(world.kube.fieldOf('ConfigMap', 'orders-settings', 'data')['S3_DISABLE_SSL'], undefined);
});

test('the bucket of a local store is a volume of its own, beside the data', async () => {
  const world = await applied({ objectStore: { local: { claimName: 'bucket' } } });
  const mounts = containerOf(world).volumeMounts.map(({ mountPath }) => mountPath);
  const { LOCAL_STORAGE_PATH: bucket, CHRONIK_DATA_DIR: data } = world.kube.fieldOf(
    'ConfigMap',
    'orders-settings',
    'data',
  );
  assert.ok(mounts.includes(String(bucket)) && mounts.includes(String(data)));
  assert.ok(!String(bucket).startsWith(`${String(data)}/`));
});

test('settings of the user never override those of the operator', async () => {
  const world = await applied({ config: { CHRONIK_DATA_DIR: '/elsewhere', CHRONIK_LOG_LEVEL: 'debug' } });
  const data = world.kube.fieldOf('ConfigMap', 'orders-settings', 'data');
  assert.equal(data['CHRONIK_DATA_DIR'], '/var/lib/chronik');
  assert.equal(data['CHRONIK_LOG_LEVEL'], 'debug');
});

test('everything but claims belongs to the cluster and goes with it', async () => {
  const world = await applied({});
  const uid = world.cluster.metadata.uid;
  const kinds = ['StatefulSet', 'Service', 'ConfigMap', 'ServiceAccount', 'PodDisruptionBudget', 'NetworkPolicy'];
  for (const kind of kinds) {
    assert.ok(world.kube.all(kind).length > 0, kind);
    for (const { metadata } of world.kube.all(kind)) {
      assert.equal(metadata.ownerReferences?.[0]?.uid, uid, metadata.name);
    }
  }
  for (const { metadata } of world.kube.all('PersistentVolumeClaim')) assert.equal(metadata.ownerReferences, undefined);
  const policy = world.kube.fieldOf('StatefulSet', 'orders', 'spec')['persistentVolumeClaimRetentionPolicy'];
  assert.deepEqual(policy, { whenDeleted: 'Retain', whenScaled: 'Retain' });
});

test('the advertised address is the name of the pod behind the headless service', async () => {
  const world = await applied({});
  const address = containerOf(world).env.find(({ name }) => name === 'CHRONIK_ADVERTISED_ADDR')?.value;
  assert.equal(address, '$(POD_NAME).orders-brokers.default.svc:9092');
  assert.equal(world.kube.fieldOf('StatefulSet', 'orders', 'spec')['serviceName'], 'orders-brokers');
});

test('workload identity: annotations on the ServiceAccount, no secret in the pod, and for Azure the label that its webhook looks for', async () => {
  const label = 'azure.workload.identity/use';
  const annotations = { 'azure.workload.identity/client-id': '00000000-0000-0000-0000-000000000000' };
  const credentials = { workloadIdentity: { serviceAccountAnnotations: annotations } };
  const entra = await applied({ objectStore: { azure: { account: 'orders', container: 'c' }, credentials } });
  const account = entra.kube.find('ServiceAccount', 'orders-broker');
  assert.deepEqual(
    Object.entries(annotations).filter(([name, value]) => account?.metadata.annotations?.[name] !== value),
    [],
  );
  assert.equal(entra.kube.find('Pod', 'orders-0')?.metadata.labels?.[label], 'true');
  assert.deepEqual(
    containerOf(entra).env.filter(({ name }) => name.startsWith('AZURE_')),
    [],
  );
  const gke = await applied({ objectStore: { gcs: { bucket: 'b' }, credentials } });
  assert.equal(gke.kube.find('Pod', 'orders-0')?.metadata.labels?.[label], undefined);
});
