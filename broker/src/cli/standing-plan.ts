import { PRIMARY_STORE, activateStore } from '../config/index.ts';
import type { BrokerConfig } from '../config/index.ts';
import type { Disk } from '../edge/index.ts';
import { HoldError, describeAddress, readBootPlan } from '../recovery/index.ts';
import type { BootPlan } from '../recovery/index.ts';
import type { PatientStore } from '../store/index.ts';

/** A plan as it stands at this moment, and the configuration with the stores in the roles that it gives them. */
export interface StandingPlan {
  readonly plan: BootPlan;
  readonly config: BrokerConfig;
  /** Whether somebody said that the cluster runs on this store. */
  readonly isStoreNamed: boolean;
  /** Ids of the empty volumes that may be filled; undefined: any. */
  readonly onlyReleased: readonly string[] | undefined;
}

/**
 * Reads the plan afresh; without CHRONIK_BOOT_PLAN the settings are the plan. Rejects with HoldError: PLAN_UNREADABLE,
 * PLAN_INVALID, PLAN_TOO_NEW, PLAN_HOLDS, PLAN_STORE_UNKNOWN, PLAN_LINEAGE_DIFFERS. `followed`: see `storeToFollow`.
 */
export async function standingPlan(disk: Disk, config: BrokerConfig, followed?: string): Promise<StandingPlan> {
  const plan = config.bootPlan === undefined ? planOfSettings(config) : await readBootPlan(disk, config.bootPlan);
  const stores = activateStore(config, (plan.isStoreAssumed ? followed : undefined) ?? plan.activeStore);
  if (stores === undefined) {
    throw new HoldError(
      'PLAN_STORE_UNKNOWN',
      `the boot plan names store "${plan.activeStore}", which is not configured`,
      {
        remedy: 'Configure it under CHRONIK_REPLICA_STORES, or correct the plan.',
      },
    );
  }
  if (plan.lineage !== undefined && config.lineage !== undefined && plan.lineage !== config.lineage) {
    const both = `the boot plan demands lineage ${plan.lineage}, CHRONIK_LINEAGE demands ${config.lineage}`;
    throw new HoldError('PLAN_LINEAGE_DIFFERS', both, { remedy: 'Remove CHRONIK_LINEAGE: the plan says it.' });
  }
  refuseToAct(plan);
  return {
    plan,
    config: { ...config, ...stores, lineage: plan.lineage ?? config.lineage },
    onlyReleased: plan.onEmptyVolume === 'Hold' ? plan.releasedVolumes : undefined,
    isStoreNamed: (config.bootPlan !== undefined && !plan.isStoreAssumed) || config.activeStore !== undefined,
  };
}

function planOfSettings(config: BrokerConfig): BootPlan {
  return {
    planId: 'settings',
    mode: 'Auto',
    activeStore: config.activeStore ?? PRIMARY_STORE,
    isStoreAssumed: false,
    lineage: config.lineage,
    onEmptyVolume: 'Auto',
    releasedVolumes: [],
    promotion: undefined,
  };
}

/**
 * The store to start on instead: where the plan only assumes one, all stores have told their timelines, and they name another. The
 * name; undefined if the error says anything else.
 */
export function storeToFollow(
  error: unknown,
  plan: BootPlan,
  others: readonly { readonly name: string; readonly store: PatientStore }[],
): string | undefined {
  if (!plan.isStoreAssumed || !(error instanceof HoldError) || error.code !== 'STORE_IS_REPLICA') return undefined;
  return others.find(({ store }) => describeAddress(store.address) === error.details['owner'])?.name;
}

/** Modes in which this process must not open a timeline by itself. */
function refuseToAct({ mode, planId }: BootPlan): void {
  switch (mode) {
    case 'Auto':
    case 'Promote':
      return;
    case 'Hold':
      throw new HoldError('PLAN_HOLDS', `boot plan ${planId} says that nothing starts`, {
        remedy: 'Wait: whoever wrote the plan is about to decide, and the start goes on with the next plan.',
      });
  }
}
