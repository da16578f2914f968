import { Argument, Command, Option } from 'commander';
import { settings } from '../config/index.ts';
import type { Setting } from '../config/index.ts';
import { runCutShow } from './cut.ts';
import { ExitCode, explain } from './fatal.ts';
import { LS_SUBJECTS, runLs } from './ls.ts';
import type { LsSubject } from './ls.ts';
import { runPrepare } from './prepare.ts';
import { runSalvage } from './salvage.ts';
import { runPromote, runSwitchover } from './promote.ts';
import type { PromoteOptions } from './promote.ts';
import { runStandalone } from './standalone.ts';
import { runStatus } from './status.ts';
import { runAbandon } from './timeline.ts';
import { runVerify, unreadExitCode } from './verify.ts';
import { STORE_CHECK_HELP, runStoreCheck } from './store-check.ts';
import { VERSION } from './version.ts';

/** The command line: one file a verb. */
export function buildProgram(): Command {
  const program = new Command('chronik')
    .description('A Kafka-protocol broker whose object-storage bucket alone is enough to rebuild everything.')
    .version(VERSION, '-V, --version', 'print the version')
    .showHelpAfterError('(chronik --help lists the commands)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? ExitCode.ok : ExitCode.usage));
  const standalone = program
    .command('standalone')
    .description('run one broker: restores what the bucket holds, then serves Kafka clients')
    .addHelpText('after', environmentHelp());
  for (const setting of Object.values(settings) as readonly Setting[]) addFlag(standalone, setting);
  standalone.action(async (_options: unknown, command: Command) => {
    await runStandalone(process.env, flagsOf(command));
  });
  addPrepare(program);
  addStatus(program);
  addVerify(program);
  addLs(program);
  addStore(program);
  addCut(program);
  addPromote(program);
  addSwitchover(program);
  addTimeline(program);
  addSalvage(program);
  program
    .command('version')
    .description('print the version')
    .action(() => {
      process.stdout.write(`${VERSION}\n`);
    });
  return program;
}

function addPrepare(program: Command): void {
  const prepare = program
    .command('prepare')
    .description('say what a start would do, and wait until it may; the init container of a pod')
    .addHelpText('after', '\nClaims nothing and writes nothing to the store. Reads the same settings as standalone.\n');
  for (const setting of Object.values(settings) as readonly Setting[]) addFlag(prepare, setting);
  prepare.action(async (_options: unknown, command: Command) => {
    await runPrepare(process.env, flagsOf(command));
    // An attempt that was given up may still wait for a store that does not answer.
    process.exit(ExitCode.ok);
  });
}

function addStatus(program: Command): void {
  const { env, default: preset } = settings.httpPort;
  const url = `http://127.0.0.1:${process.env[env] ?? preset}`;
  program
    .command('status')
    .description('say what a running broker says of itself')
    .option('--url <url>', `its HTTP address [port from ${env}]`, url)
    .option('--wait <seconds>', 'wait until it serves, so long at most')
    .option('--json', 'the whole of /status')
    .action(async (options: { readonly url: string; readonly wait?: string; readonly json?: boolean }) => {
      const waitSeconds = options.wait === undefined ? undefined : Number(options.wait);
      await runStatus({ url: options.url, waitSeconds, json: options.json === true });
    });
}

const STORE_OPTION = ['--store <name>', 'the store to read: primary, or a replica by its name'] as const;

const VERIFY_HELP = `
Needs only the store, named by the same variables as for a broker, and writes nothing. A broker may be running on it.
Exit status: 0 clean, 1 problems, 2 wrong usage or settings, 3 could not be checked.
`;

function addVerify(program: Command): void {
  program
    .command('verify')
    .description('check from the bucket alone that it holds all that it should')
    .option('--deep', 'read every byte and check every record batch')
    .option('--json', 'the report as JSON')
    .option(...STORE_OPTION)
    .addHelpText('after', VERIFY_HELP)
    .action(async (options: { readonly deep?: boolean; readonly json?: boolean; readonly store?: string }) => {
      const { deep = false, json = false, store } = options;
      await exitAsRead(() => runVerify(process.env, { deep, json, store }));
    });
}

function addLs(program: Command): void {
  const subject = new Argument('[what]', 'what to list; a summary without it').choices(LS_SUBJECTS);
  program
    .command('ls')
    .description('list what the bucket holds, from the bucket alone')
    .addArgument(subject)
    .option('--json', 'as JSON')
    .option(...STORE_OPTION)
    .action(async (what: LsSubject | undefined, options: { readonly json?: boolean; readonly store?: string }) => {
      await exitAsRead(async () => {
        await runLs(process.env, { subject: what, json: options.json === true, store: options.store });
        return ExitCode.ok;
      });
    });
}

function addStore(program: Command): void {
  program
    .command('store')
    .description('about the object store itself')
    .command('check')
    .description('try what a broker needs of the store: conditions, permissions, lifecycle rules, latency, cost')
    .option('--json', 'the report as JSON')
    .option('--store <name>', 'the store to check: primary, or a replica by its name')
    .addHelpText('after', STORE_CHECK_HELP)
    .action(async (options: { readonly json?: boolean; readonly store?: string }) => {
      await exitAsRead(() => runStoreCheck(process.env, { json: options.json === true, store: options.store }));
    });
}

function addCut(program: Command): void {
  program
    .command('cut')
    .description('about copies of the bucket')
    .command('show')
    .description('say which consistent state a copy allows, how old it is, and what holds it back; reads only')
    .option('--store <name>', 'the store that holds the copy; the only replica without it')
    .option('--json', 'as JSON')
    .action(async (options: { readonly json?: boolean; readonly store?: string }) => {
      await exitAsRead(() => runCutShow(process.env, { json: options.json === true, store: options.store }));
    });
}

const PROMOTE_HELP = `
Makes the copy in that store the cluster's primary, from the latest consistent state that it allows ("chronik cut show").
The old primary must be gone: what it acknowledges from now on would be lost. Says what is kept and what lies beyond.
`;

function addPromote(program: Command): void {
  program
    .command('promote')
    .description('go on from a replica store after the loss of the primary')
    .requiredOption('--store <name>', 'the store to promote')
    .option('--max-data-loss <duration>', 'refuse if more may be lost, e.g. 60s', '60s')
    .option('--dry-run', 'only say what would be kept and lost')
    .option('--force', 'whatever is lost, and whoever seems to be running')
    .option('--plan-id <text>', 'name of the decision: all who carry out one plan make one timeline')
    .option('--expected-parent <timeline>', 'refuse if another timeline counts by now')
    .option('--primary-lost-at <time>', 'since when the primary cannot have acknowledged anything (ISO 8601)')
    .option('--json', 'as JSON')
    .addHelpText('after', PROMOTE_HELP)
    .action(async (options: Partial<PromoteOptions> & Pick<PromoteOptions, 'store' | 'maxDataLoss'>) => {
      const { dryRun = false, force = false, json = false, planId, expectedParent, primaryLostAt } = options;
      const { store, maxDataLoss } = options;
      await runPromote(process.env, {
        store,
        maxDataLoss,
        dryRun,
        force,
        json,
        planId,
        expectedParent,
        primaryLostAt,
      });
    });
}

const SWITCHOVER_HELP = `
Stop the broker of the old primary with SIGTERM first and let it finish. The command then waits until the copy holds everything,
promotes it, and loses nothing. Start the broker with CHRONIK_ACTIVE_STORE=<name> after that.
`;

function addSwitchover(program: Command): void {
  program
    .command('switchover')
    .description('go on from a replica store as planned, without loss')
    .requiredOption('--store <name>', 'the store to go on from')
    .option('--timeout <duration>', 'how long to wait for the copy', '5m')
    .option('--json', 'as JSON')
    .addHelpText('after', SWITCHOVER_HELP)
    .action(async (options: { readonly store: string; readonly timeout: string; readonly json?: boolean }) => {
      await runSwitchover(process.env, { ...options, json: options.json === true });
    });
}

function addTimeline(program: Command): void {
  program
    .command('timeline')
    .description('about the timelines of a cluster')
    .command('abandon <timeline>')
    .description('of several timelines that could be the newest, end one for ever; nothing is deleted')
    .requiredOption('--store <name>', 'the store in which it is written')
    .action(async (timeline: string, options: { readonly store: string }) => {
      await runAbandon(process.env, timeline, options.store);
    });
}

const SALVAGE_HELP = `
Of each timeline that the cluster has left by a promotion: what was written later than its cut and has come to the store, before
or after the promotion. One JSON object a line; keys, values and headers in base64. Writes nothing to the store.
Exit status: 0 all of it, 1 some could not be read, 2 wrong usage or settings, 3 the store could not be read.
`;

function addSalvage(program: Command): void {
  program
    .command('salvage')
    .description('write out the records that a promotion left behind')
    .requiredOption('--store <name>', 'the store to read: the promoted one, or the old one if it is back')
    .option('--topic <name>', "only this topic; without it all but Kafka's own")
    .option('--output <file>', 'a new file; standard output without it')
    .addHelpText('after', SALVAGE_HELP)
    .action(async (options: { readonly store: string; readonly topic?: string; readonly output?: string }) => {
      const { store, topic, output } = options;
      await exitAsRead(() => runSalvage(process.env, { store, topic, output }));
    });
}

/** Sets the exit code of a command that reads the bucket; "could not be read" is a code of its own. */
async function exitAsRead(run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = unreadExitCode(error);
  }
}

function addFlag(command: Command, setting: Setting): void {
  if (setting.flag === undefined) return;
  const option = new Option(`--${setting.flag} <${placeholder(setting)}>`, `${setting.meaning} [${setting.env}]`);
  command.addOption(setting.default === undefined ? option : option.default(undefined, setting.default));
}

function placeholder(setting: Setting): string {
  switch (setting.type.kind) {
    case 'whole':
      return setting.unit ?? 'number';
    case 'choice':
      return setting.type.values.join('|');
    case 'switch':
      return 'true|false';
    case 'address':
      return 'host[:port]';
    case 'text':
      return 'text';
  }
}

/** Flags that were given, by their names in the table of settings. */
function flagsOf(command: Command): Record<string, string | undefined> {
  const flags: Record<string, string | undefined> = {};
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    if (typeof value === 'string' && option.long !== undefined) flags[option.long.slice(2)] = value;
  }
  return flags;
}

function environmentHelp(): string {
  const rows = (Object.values(settings) as readonly Setting[]).filter((setting) => setting.flag === undefined);
  const lines = rows.map(({ env, meaning, default: preset }) => {
    const suffix = preset === undefined ? '' : ` (default: ${preset})`;
    return `  ${env}\n      ${meaning}${suffix}`;
  });
  return `\nEnvironment only:\n${lines.join('\n')}\n`;
}
