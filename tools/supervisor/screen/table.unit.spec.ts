import { expect, it } from '@jest/globals';
import { renderTable } from './table.js';

it('The table aligns its columns and puts a note behind its URL', () => {
  const rows = [
    {
      part: 'broker',
      state: 'ready',
      milliseconds: 212,
      url: 'nats://127.0.0.1:4222',
      note: 'nats-server 2.12.1',
    },
    {
      part: 'metadata-writer',
      state: 'ready',
      milliseconds: 4100,
      url: 'http://localhost:3003',
      note: '3002 is taken',
    },
    { part: 'signup', state: 'failed', milliseconds: undefined, url: '', note: '' },
  ];
  expect(renderTable(rows)).toEqual([
    'part             state     ms  URL',
    'broker           ready    212  nats://127.0.0.1:4222  (nats-server 2.12.1)',
    'metadata-writer  ready   4100  http://localhost:3003  (3002 is taken)',
    'signup           failed',
  ]);
});
