import { expect, it } from '@jest/globals';
import { withPart } from './performance-page.js';

const page = 'before\n\n<!-- run -->\n\nold\n\n<!-- end of run -->\n\nafter\n';

it('A part of the page is replaced, and the rest stays', () => {
  expect(withPart(page, 'run', 'new')).toBe(page.replace('old', 'new'));
});

it.each(['goals', 'figures'])('A page without the part %s is an error', (name) => {
  expect(() => withPart(page, name, 'new')).toThrow(`<!-- end of ${name} -->`);
});
