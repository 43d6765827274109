import { readTopology, TopologyError } from '@cascade/topology';
import { suggestion } from '../../generator/choice/nearest.js';
import type { Broker } from '../broker/broker.js';
import type { Host } from '../host.js';
import type { ChannelPattern } from '../text/channel.js';

/**
 * Says that nobody knows a channel: nothing is stored on it, and it matches none that the code declares. The code is read only
 * if nothing is stored.
 *
 * @returns one sentence a line; none where the channel is known
 */
export async function unknownChannel(
  { manager }: Broker,
  host: Host,
  { stream, subject }: ChannelPattern,
): Promise<string[]> {
  const { state } = await manager.streams.info(stream, { subjects_filter: subject });
  if (Object.keys(state.subjects ?? {}).length > 0) return [];
  const declared = await declaredSubjects(host);
  if (declared.some((known) => matches(subject, known))) return [];
  const [kind] = subject.split('.', 1);
  const alike = declared.filter((known) => known.startsWith(`${kind}.`)).map(nameOf);
  return [
    `No channel ${nameOf(subject)} is known: the code declares none, and nothing is stored on it.`,
    suggestion(nameOf(subject), alike),
  ];
}

/** Channels of events, replays and failures, those of the transport too. */
async function declaredSubjects(host: Host): Promise<string[]> {
  try {
    const { channels, processors, contracts } = await readTopology(host);
    const consumed = processors.flatMap(({ consumers }) => consumers.flatMap(({ subjects }) => subjects));
    const subjects = [...channels.map(({ subject }) => subject), ...contracts.map(({ channel }) => channel)];
    return [...new Set([...subjects, ...consumed])].filter((subject) => !/[*>]/.test(subject)).sort();
  } catch (error) {
    // The broker's channels can be followed while somebody works on the code.
    if (error instanceof TopologyError) return [];
    throw error;
  }
}

/** As people name it: an event by its name, anything else by its subject. */
function nameOf(subject: string): string {
  return subject.replace(/^events\./, '');
}

/** True if a subject is one of those that a pattern of NATS stands for. */
function matches(pattern: string, subject: string): boolean {
  const [tokens, parts] = [pattern.split('.'), subject.split('.')];
  if (tokens.at(-1) === '>' ? parts.length < tokens.length : parts.length !== tokens.length) return false;
  return tokens.every((token, index) => token === '*' || token === '>' || token === parts[index]);
}
