import type { ClusterCondition } from './cluster.ts';
import { STORE_KEYS } from './store.ts';
import type { Scenario } from './scenario.ts';
import type { World } from './world.ts';

const crashLoop: Scenario = {
  name: 'crash-loop',
  what: 'a setting that the broker refuses',
  play: async (world) => {
    const { cluster } = world;
    await cluster.patch({ spec: { config: { CHRONIK_LOG_LEVEL: 'shout' } } });
    const said = await cluster.whenCondition('Stalled', 'True', /SETTING_INVALID.*CHRONIK_LOG_LEVEL/s);
    await cluster.patch({ spec: { config: { CHRONIK_LOG_LEVEL: null } } });
    await cluster.whenReady();
    return `${said.reason}: ${said.message.slice(0, 120)}; ${await world.orders.check()}`;
  },
};

/** Takes what the Secret holds away, replaces the pod, and answers what a condition says about it. */
async function withSecret(
  world: World,
  data: Readonly<Record<string, string>> | undefined,
  condition: readonly [type: string, status: string, message: RegExp],
): Promise<string> {
  const { cluster } = world;
  const path = `/api/v1/namespaces/${cluster.namespace}/secrets/bucket`;
  await world.api.must('DELETE', path);
  const [good] = world.manifest();
  if (data !== undefined) await world.apply([{ ...good, stringData: data }]);
  await cluster.deletePod();
  const [type, status, message] = condition;
  let said: ClusterCondition;
  try {
    said = await cluster.whenCondition(type, status, message);
  } finally {
    // Whatever was said: what comes after this needs a cluster that is well.
    await world.apply([good]);
    // The kubelet tries again by itself where a key is missing; a wrong one was read when the container started.
    if (data?.['secretAccessKey'] !== undefined) await cluster.deletePod();
    await cluster.whenReady(180);
  }
  return `${said.reason}: ${said.message.slice(0, 160)}; ${await world.orders.check()}`;
}

const secretMissing: Scenario = {
  name: 'secret-missing',
  what: 'the Secret is gone as the pod starts',
  play: (world) => withSecret(world, undefined, ['Stalled', 'True', /secret "bucket" not found/]),
};

const secretKey: Scenario = {
  name: 'secret-key',
  what: 'the Secret lacks a key',
  play: (world) =>
    withSecret(world, { accessKeyId: STORE_KEYS.key }, ['Stalled', 'True', /key secretAccessKey in Secret/]),
};

const secretWrong: Scenario = {
  name: 'secret-wrong',
  what: 'the Secret holds a wrong value',
  play: (world) =>
    withSecret(world, { accessKeyId: STORE_KEYS.key, secretAccessKey: 'wrong' }, [
      'ObjectStoreReachable',
      'False',
      /SignatureDoesNotMatch|STORE_/,
    ]),
};

/** What people get wrong is said where they look, and nothing is lost by it. */
export const mistakes: readonly Scenario[] = [crashLoop, secretMissing, secretKey, secretWrong];
