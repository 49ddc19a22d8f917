#!/usr/bin/env node
/** The commands: parses arguments and nothing else. Exit codes: 0 fine, 1 failed, 2 bad usage or config. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { installCrashReport } from './main/crash.js';
import { buried, check, demo, doctor, explain, rebuild, replay, start, version, writeSchemas, type Exit } from './main.js';

installCrashReport();

const program = new Command('deskbridge')
  .description('Connects a Telegram bot to the helpdesk that a company already uses.')
  .version(version(), '-V, --version')
  .option('-c, --config <file>', 'config file (else DESKBRIDGE_CONFIG, else config/deskbridge.yaml)')
  .exitOverride()
  .showHelpAfterError('(run with --help for the commands)');

const configFile = (): string | undefined => program.opts<{ config?: string }>().config;

let exit: Exit = 0;
const run = (work: () => Promise<Exit>) => async (): Promise<void> => { exit = await work(); };

program.command('start').description('runs the bridge until it is told to stop').action(run(() => start(configFile(), process.env)));
program.command('demo').description('runs everything on this machine with no account: emulator, bridge, desk, one page')
  .option('--port <port>', 'port of the page', parsePort)
  .action((options: { port?: number }) => run(() => demo(process.env, options.port))());
program.command('check').description('checks config and mappings, offline')
  .option('--write-schemas <folder>', 'writes the JSON Schema files for editors')
  .action((options: { writeSchemas?: string }) => run(async () => (options.writeSchemas === undefined ? check(configFile(), process.env) : writeSchemas(options.writeSchemas)))());
program.command('doctor').description('checks live: token, webhook, helpdesk, queues, fields').action(run(() => doctor(configFile(), process.env)));
program.command('explain').description('says what the mappings make of a message')
  .option('-t, --topic <topic>', 'the topic that was chosen').option('-l, --locale <locale>', 'the language of the app')
  .argument('[text]', 'an opening message')
  .action((text: string | undefined, options: { topic?: string; locale?: string }) => run(() => explain(configFile(), process.env, {
    ...(text !== undefined && { text }), ...options,
  }))());
program.command('buried').description('lists what was given up, by its ids')
  .option('--json', 'prints JSON, for scripts')
  .option('--forget <id...>', 'forgets these entries instead: nobody will try them again')
  .action((options: { json?: true; forget?: string[] }) => run(() => buried(configFile(), process.env, options))());
program.command('replay').description('tries again what was given up')
  .argument('[id...]', 'entries as `buried` names them').option('--all', 'everything that is buried, oldest first')
  .action((ids: string[], { all = false }: { all?: boolean }) => run(() => replay(configFile(), process.env, { ids, all }))());
program.command('rebuild').description('fills a lost map anew, from what stands in the helpdesk')
  .option('--since <time>', 'deliver answers written from then on, such as 2026-05-01T09:30:00Z: when the bridge went down', parseTime)
  .action((options: { since?: number }) => run(() => rebuild(configFile(), process.env, options.since))());
program.command('version').description('prints the version').action(run(async () => {
  process.stdout.write(`${version()}\n`);
  return 0;
}));

function parseTime(value: string): number {
  const timeMs = /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(timeMs)) throw new InvalidArgumentError('a time is written like 2026-05-01T09:30:00Z');
  return timeMs;
}

function parsePort(value: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return port;
}

try {
  await program.parseAsync();
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown;
  exit = thrown.exitCode === 0 ? 0 : 2;
}
process.exitCode = exit;
