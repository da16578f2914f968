import { Resolver } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { at } from '../api-client.ts';
import { connect } from '../client/connect.ts';
import { operationsOf } from '../client/operations.ts';
import type { Scenario } from './scenario.ts';
import { NotPlayed } from './scenario.ts';

/** Asks the DNS of the cluster, as a machine of the same network may. */
function lookupAt(server: string): LookupFunction {
  const resolver = new Resolver();
  resolver.setServers([server]);
  return (name, options, callback) => {
    if (/^[\d.]+$/.test(name)) {
      answer(name);
      return;
    }
    resolver.resolve4(`${name}.cluster.local`, (error, addresses) => {
      const [address] = addresses ?? [];
      if (error !== null || address === undefined) callback(error ?? new Error(`${name} has no address`), '', 4);
      else answer(address);
    });

    function answer(address: string): void {
      if (options.all === true) callback(null, [{ address, family: 4 }]);
      else callback(null, address, 4);
    }
  };
}

/** Only an internal listener exists, so a client outside needs a route to pods and their names; a node port is where it begins. */
export const outside: Scenario = {
  name: 'outside',
  what: 'kafkajs on the host, by a node port; pod deleted',
  play: async (world) => {
    const { own } = world.kube;
    if (own === undefined) throw new NotPlayed('pods of this cluster have no addresses here');
    const { cluster, api } = world;
    const services = `/api/v1/namespaces/${cluster.namespace}/services`;
    const service = await api.must('POST', services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'orders-outside' },
      spec: { type: 'NodePort', selector: { 'chronik.stream/cluster': cluster.name }, ports: [{ port: 9092 }] },
    });
    const port = Number(at(service, 'spec.ports.0.nodePort'));
    const { machine } = own.machine.addresses;
    const client = operationsOf(connect([`${machine}:${port}`], lookupAt(machine)));
    const measured = await world.orders.underLoad(async () => {
      const uid = await cluster.uid(cluster.pod);
      await cluster.deletePod();
      await cluster.whenReplaced(uid);
      await cluster.whenReady();
    }, client);
    await api.must('DELETE', `${services}/orders-outside`);
    return measured;
  },
};
