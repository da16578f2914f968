import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { FakeWorld } from './fake-world.ts';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../crds/boot-plan.v1.schema.json'), 'utf8'),
) as object;
const isPlan = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);

/** Demands that a boot plan is as the schema says that brokers understand. */
export function assertIsPlan(plan: object, of = 'the plan'): void {
  assert.ok(isPlan({ ...plan }), `${of}: ${JSON.stringify(isPlan.errors)}`);
}

/** Goes on until a promotion is ordered; the plan of it is never there together with a pod that was made before it. */
export async function untilPromotionIsOrdered(world: FakeWorld): Promise<void> {
  const isOrdered = (): boolean => world.bootPlan['mode'] === 'Promote';
  for (let round = 0; !isOrdered(); round += 1) {
    assert.ok(round < 20, 'the promotion is ordered');
    const before = world.kube.find('Pod', 'orders-0');
    await world.reconcile();
    if (isOrdered()) assert.equal(before, undefined);
    else world.step();
  }
  assertIsPlan(world.bootPlan);
}
