import { Consumes } from '@cascade/jetstream';
import { describe, expect, it } from '@jest/globals';
import { NoteWritten } from '../../test/note-written.js';
import { connectionsFor } from './connections-for.js';

class Filing {
  @Consumes(NoteWritten, { processor: 'files', concurrency: 5 })
  file(): void {}

  @Consumes(NoteWritten, { processor: 'indexes', concurrency: 3 })
  index(): void {}
}

class Counting {
  @Consumes(NoteWritten, { processor: 'counts', concurrency: 1 })
  count(): void {}
}

describe('connectionsFor', () => {
  it('counts a connection for each concurrently handled event, and two more connections', () => {
    expect(connectionsFor(Filing)).toBe(5 + 3 + 2);
    expect(connectionsFor(Filing, Counting)).toBe(5 + 3 + 1 + 2);
  });
});
