import { Command, CommanderError } from 'commander';
import { CommandLine, type Definition } from './command-line.js';
import { doctorCommand } from './doctor/command.js';
import { ExitCode } from './exit-code.js';
import { failuresCommand } from './failures/command.js';
import { flowCommand } from './flow/command.js';
import type { Host } from './host.js';
import { lagCommand } from './lag/command.js';
import { outboxCommand } from './outbox/command.js';
import { newCommand } from './new/command.js';
import { provisionCommand } from './provision/command.js';
import { publishCommand } from './publish/command.js';
import { removeCommand } from './remove/command.js';
import { replayCommand } from './replay/command.js';
import { tailCommand } from './tail/command.js';
import { topologyCommand } from './topology/command.js';

/** Commands, in the order in which the help lists them. */
const COMMANDS: readonly Definition[] = [
  topologyCommand,
  publishCommand,
  tailCommand,
  flowCommand,
  lagCommand,
  failuresCommand,
  replayCommand,
  outboxCommand,
  provisionCommand,
  newCommand,
  removeCommand,
  doctorCommand,
];

const NOTES = `
Environment:
  NATS_URL     the broker: nats://host:port, nats://user:password@host:port, nats://token@host:port,
               or several with commas. Default: the broker of \`npm start\`, else nats://127.0.0.1:4222
  NATS_CREDS   a credentials file, in place of user and password
  NO_COLOR     no color; piped output has none either

Exit codes:
  0  success
  1  failure, or differences, faults or nothing found
  2  invalid call

\`node cascade help COMMAND\` shows a command's options and examples.`;

/**
 * Runs one command.
 *
 * @returns the exit code
 */
export async function cascade(args: readonly string[], host: Host): Promise<number> {
  const line = new CommandLine(host);
  const program = programFor(host);
  for (const define of COMMANDS) define(program, line);
  if (args.length === 0) {
    program.outputHelp();
    return ExitCode.ok;
  }
  try {
    await program.parseAsync(withoutHelpCommand(program, args), { from: 'user' });
    return line.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    const { explain } = await import('./explain.js');
    const { message, remedies, exitCode } = explain(error, host);
    host.stderr.write([message, ...remedies, ''].join('\n'));
    return exitCode;
  }
}

/**
 * Converts `help new processor` to `new processor --help`, because commander's `help` accepts only one word. If a word is
 * unknown, omits `--help`, so that commander refuses the word.
 */
function withoutHelpCommand(program: Command, args: readonly string[]): readonly string[] {
  const [first, ...words] = args;
  if (first !== 'help') return args;
  let { commands } = program;
  for (const word of words) {
    if (commands.length === 0) break;
    const found = commands.find((command) => command.name() === word);
    if (!found) return words;
    commands = found.commands;
  }
  return [...words, '--help'];
}

function programFor({ stdout, stderr }: Host): Command {
  return new Command('node cascade')
    .description('The command line of Cascade, for the events and processors of a running system.')
    .addHelpText('after', NOTES)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => (stdout.isTTY ? (stdout.columns ?? 80) : 100),
      getErrHelpWidth: () => (stderr.isTTY ? (stderr.columns ?? 80) : 100),
    })
    .showHelpAfterError('(`--help` shows the options)')
    .exitOverride();
}
