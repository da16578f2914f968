import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { conduct, nextState, transitions } from '../../src/coordinator/group-state.ts';
import type { GroupEvent, GroupState } from '../../src/coordinator/group-state.ts';
import { InvariantError } from '../../src/edge/index.ts';

const states = Object.keys(transitions) as GroupState[];
const events = Object.keys(transitions.Empty) as GroupEvent[];

test('every state has an answer to every event', () => {
  for (const state of states) {
    assert.deepEqual(Object.keys(transitions[state]), events);
    assert.ok(conduct[state]);
  }
});

test('only a committed assignment makes a group stable, and only an empty group dies', () => {
  for (const state of states) {
    for (const event of events) {
      const target = transitions[state][event];
      if (target === 'Stable') assert.deepEqual([state, event], ['CompletingRebalance', 'assignment-committed']);
      if (target === 'Dead') assert.deepEqual([state, event], ['Empty', 'deleted']);
    }
  }
});

test('any walk through the table that avoids impossible events keeps to the diagram', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 50 }), (walk) => {
      let state: GroupState = 'Empty';
      for (const event of walk) {
        if (transitions[state][event] === 'never') {
          const before = state;
          assert.throws(() => nextState(before, event), InvariantError);
          continue;
        }
        const next = nextState(state, event);
        if (state === 'Dead') assert.equal(next, 'Dead');
        if (next === 'Stable' && state !== 'Stable') assert.equal(state, 'CompletingRebalance');
        if (next === 'CompletingRebalance' && state !== next) assert.equal(state, 'PreparingRebalance');
        state = next;
      }
    }),
  );
});
