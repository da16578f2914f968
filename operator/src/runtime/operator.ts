import type { BrokerProbe, KubeApi } from '../kube/index.ts';
import type { Clock } from './clock.ts';
import { Controller } from './controller.ts';
import { GatedApi } from './gated-api.ts';
import { serveHttp } from './http-server.ts';
import { LeaderElection } from './leader-election.ts';
import type { Log } from './log.ts';
import { OperatorMetrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';
import { WorkQueue } from './work-queue.ts';

export interface OperatorWorld {
  readonly api: KubeApi;
  readonly probe: BrokerProbe;
  readonly clock: Clock;
  readonly log: Log;
}

/** One operator process: watches, waits to lead, works. Resolves 'lost' when it led and does not any more: the process ends. */
export async function runOperator(
  options: OperatorOptions,
  world: OperatorWorld,
  stop: AbortSignal,
): Promise<'lost' | 'stopped'> {
  const { clock, log } = world;
  const queue = new WorkQueue(clock);
  const metrics = new OperatorMetrics(() => queue.depth);
  const election = new LeaderElection({
    ...world,
    namespace: options.ownNamespace,
    name: options.leaseName,
    identity: options.identity,
  });
  const api = new GatedApi(
    world.api,
    () => election.leads,
    (verb) => metrics.writes.inc({ verb }),
  );
  const controller = new Controller({
    api,
    probe: world.probe,
    plan: { brokerImage: options.brokerImage },
    namespaces: options.namespaces,
    queue,
    metrics,
    clock,
    log,
  });
  const server = await serveHttp(options.httpPort, {
    unhealthy: () => (controller.stuck ? 'a watch is stuck: the API server has not answered for minutes' : undefined),
    unready: () => (controller.synced ? undefined : 'not everything is listed yet'),
    metrics: () => {
      metrics.leading.set(election.leads ? 1 : 0);
      return metrics.text();
    },
  });
  const end = new AbortController();
  const watching = controller.watch(end.signal);
  try {
    await election.acquire(stop);
    if (stop.aborted) return 'stopped';
    const working = controller.work(end.signal);
    const ended = await election.keep(stop);
    queue.close();
    end.abort();
    await working;
    return ended;
  } finally {
    queue.close();
    end.abort();
    await Promise.all([watching, election.release()]);
    server.close();
    server.closeAllConnections();
  }
}
