import { bold, dim, green, red } from './report.ts';

/** A demo from its headline to its exit code. */
export interface Demo {
  readonly headline: string;
  /** Plays it; false if anything is not as it has to be, which it has shown by then. */
  readonly run: () => Promise<boolean>;
  /** Told in the end if all is well. */
  readonly moral: string;
  /** Ends and removes whatever the demo has made, at whatever point it ends. */
  readonly cleanUp: () => Promise<void>;
}

/** Plays a demo; exits with 1 if something differs or fails, with 130 if it is interrupted. */
export async function playDemo({ headline, run, moral, cleanUp }: Demo): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      console.log(`\n  ${dim('interrupted; nothing is left behind')}`);
      void cleanUp().finally(() => process.exit(130));
    });
  }
  const startedAt = performance.now();
  console.log(`\n  ${bold('Chronik')}: ${headline}\n`);
  try {
    const isRight = await run();
    const took = dim(`${((performance.now() - startedAt) / 1000).toFixed(1)} s in all`);
    console.log(
      isRight ? `\n  ${green(bold(moral))} ${took}\n` : `\n  ${red(bold('Something differs: see above.'))}\n`,
    );
    process.exitCode = isRight ? 0 : 1;
  } catch (error) {
    console.error(`\n  ${red(bold('The demo failed:'))} ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    await cleanUp();
  }
}
