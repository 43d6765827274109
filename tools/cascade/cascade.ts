import { Command, CommanderError } from 'commander';
import { CommandLine, type Definition } from './command-line.js';
import { doctorCommand } from './doctor/command.js';
import { CommandError } from './errors.js';
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

/** In the order of the help. */
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
  NO_COLOR     no colour; there is none either where the output is piped

Exit codes:
  0  done, or all is as it should be
  1  it found differences or faults, or not what it was asked for, or could not do it
  2  it was called in a wrong way

\`node cascade help COMMAND\` shows a command's options and examples.`;

/**
 * Runs one command of the command line.
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
    const shown = await import('./explain.js').then(({ explain }) => explain(error, host));
    if (!(shown instanceof CommandError)) throw error;
    host.stderr.write([shown.message, ...shown.remedies, ''].join('\n'));
    return shown.exitCode;
  }
}

/** `help new processor` as `new processor --help`: the library's own `help` takes one word. An unknown word is left to be refused. */
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
    .description(
      'The command line of Cascade: looks after the events of a running system, and after its processors.',
    )
    .addHelpText('after', NOTES)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => (stdout.isTTY ? (stdout.columns ?? 80) : 100),
      getErrHelpWidth: () => (stderr.isTTY ? (stderr.columns ?? 80) : 100),
    })
    .showHelpAfterError('(`--help` shows how it is called)')
    .exitOverride();
}
