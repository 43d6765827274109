import { expect, it } from '@jest/globals';
import { NoteFiled } from '../../test/note-filed.js';
import { NoteWritten } from '../../test/note-written.js';
import { ForgottenEventError, revivedResult, storedResult } from './stored-result.js';

const filing = { processor: 'filing', publishes: [NoteFiled, NoteWritten] };
const filed = new NoteFiled({ author: 'Ada\0', number: 1, place: 'shelf' });
const written = new NoteWritten({ author: 'ada', number: 2 });

it.each<[string, unknown, unknown]>([
  ['an event', filed, filed],
  ['several of different classes', [filed, written], [filed, written]],
  ['none', [], []],
  ['one that may be missing', [undefined, filed, null], [undefined, filed, undefined]],
  ['nothing', undefined, undefined],
  ['null', null, undefined],
])('returns %s as it was', (_, returned, expected) => {
  const kept = JSON.parse(JSON.stringify(storedResult(returned))) as ReturnType<typeof storedResult>;
  const revived = revivedResult(kept, filing);
  expect(revived).toStrictEqual(expected);
  expect(JSON.stringify(revived)).toBe(JSON.stringify(expected));
});

it('distinguishes the versions of an event, and reports a version that the processor no longer declares', () => {
  const older = { name: 'note.written', version: 1, data: { author: 'ada', number: 2 } };
  expect(() => revivedResult(older, filing)).toThrow(ForgottenEventError);
  expect(() => revivedResult(older, filing)).toThrow(/^filing returned note\.written\.v1 when it handled/);
});

it('returns an event in the version that is declared now', () => {
  class NoteFiledInRoom {
    static readonly event = { name: 'note.filed', version: 2, replaces: NoteFiled };

    static upcast({ place }: NoteFiled): NoteFiledInRoom {
      return new NoteFiledInRoom(`room of ${place}`);
    }

    constructor(readonly room: string) {}
  }
  const kept = storedResult(filed);
  const later = { processor: 'filing', publishes: [NoteFiledInRoom] };
  expect(revivedResult(kept, later)).toStrictEqual(new NoteFiledInRoom('room of shelf'));
  expect(revivedResult(kept, { ...later, publishes: [NoteFiledInRoom, NoteFiled] })).toStrictEqual(filed);
});
