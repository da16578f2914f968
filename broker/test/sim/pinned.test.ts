import { test } from 'node:test';
import { pinnedScenarios } from './pinned/index.ts';

for (const scenario of pinnedScenarios) test(scenario.name, () => scenario.run());
