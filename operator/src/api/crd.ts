import { GROUP, KIND, PLURAL, VERSION } from './cluster.ts';
import { openApiOf } from './openapi.ts';
import { object } from './schema.ts';
import type { Json, Rule } from './schema.ts';
import { specSchema } from './spec.ts';
import { statusSchema } from './status.ts';

/** Rules about the resource as a whole. */
export const ROOT_RULES: readonly Rule[] = [
  {
    id: 'name-length',
    rule: 'self.metadata.name.size() <= 40',
    message: 'at most 40 characters: names of pods and services are made from it',
  },
  {
    id: 'name-label',
    rule: "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message: 'a DNS label that starts with a letter: names of services are made from it',
  },
];

export const rootSchema = object(
  'A Chronik cluster: Kafka-protocol brokers on a bucket that alone rebuilds everything.',
  { spec: specSchema, status: statusSchema },
  ['spec'],
  { rules: ROOT_RULES },
);

const CONDITION = (type: string): string => `.status.conditions[?(@.type=="${type}")].status`;

const COLUMNS: readonly { readonly [name: string]: Json }[] = [
  { name: 'Ready', type: 'string', jsonPath: CONDITION('Ready') },
  { name: 'Brokers', type: 'integer', jsonPath: '.status.readyBrokers' },
  { name: 'Status', type: 'string', jsonPath: '.status.phase' },
  { name: 'Recovered', type: 'date', jsonPath: '.status.nodes[0].lastRecovery.finishedAt' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Bootstrap', type: 'string', priority: 1, jsonPath: '.status.endpoints[0].bootstrap' },
  { name: 'Store', type: 'string', priority: 1, jsonPath: '.status.store' },
  { name: 'Lineage', type: 'string', priority: 1, jsonPath: '.status.lineage' },
  { name: 'Timeline', type: 'string', priority: 1, jsonPath: '.status.timeline' },
  { name: 'Version', type: 'string', priority: 1, jsonPath: '.status.version' },
];

/** The CustomResourceDefinition; `crds/` and the operator's chart hold it as YAML. */
export function customResourceDefinition(): { readonly [name: string]: Json } {
  const { description, ...shape } = openApiOf(rootSchema);
  const properties = {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    ...(shape['properties'] as { readonly [name: string]: Json }),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: KIND.toLowerCase(),
        shortNames: ['chk'],
        categories: ['chronik'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
          schema: { openAPIV3Schema: { description: description as string, ...shape, properties } },
        },
      ],
    },
  };
}
