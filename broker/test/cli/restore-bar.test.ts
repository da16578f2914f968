import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestoreBar, restoreLine } from '../../src/cli/restore-bar.ts';
import { ManualClock } from '../support/manual-clock.ts';

const WALK = { phase: 'walk', done: 4_000, total: 20_000, unit: 'slots', bytes: 0, leftMs: 2_400 } as const;

class Screen {
  readonly isTTY: boolean;
  text = '';

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

test('a bar says the phase, how much of how much, and how long it will take', () => {
  assert.equal(
    restoreLine(WALK),
    'restoring  walk      [######........................] 20 %  4,000 of 20,000 slots, 3 s left',
  );
  assert.equal(
    restoreLine({ ...WALK, phase: 'metadata', total: undefined, leftMs: undefined }),
    'restoring  metadata  4,000 slots',
  );
  assert.match(restoreLine({ ...WALK, done: 25_000, leftMs: 0 }), /\[#{30}\] 100 %/);
});

test('a bar is drawn on a terminal only, not at once, not too often, and makes way for other lines', async () => {
  const clock = new ManualClock();
  const screen = new Screen(true);
  const bar = new RestoreBar(screen, clock);
  bar.show(WALK);
  assert.equal(screen.text, '', 'most restores are over before anybody could read it');
  await clock.advance(500);
  bar.show(WALK);
  bar.show(WALK);
  assert.equal(screen.text, `\r\u001B[K${restoreLine(WALK)}`);
  screen.text = '';
  bar.clear();
  bar.clear();
  assert.equal(screen.text, '\r\u001B[K');
  const pipe = new Screen(false);
  const silent = new RestoreBar(pipe, clock);
  await clock.advance(10_000);
  silent.show(WALK);
  silent.clear();
  assert.equal(pipe.text, '');
});
