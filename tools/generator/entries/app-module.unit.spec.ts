import { describe, expect, it } from '@jest/globals';
import * as prettier from 'prettier';
import type { Blueprint } from '../blueprint/blueprint.js';
import { GeneratorError } from '../errors.js';
import { appModuleEntry } from './app-module.js';

const blueprint = {
  class: 'CouponProcessor',
  file: './coupon/coupon.processor.js',
  app: { name: 'shop', sources: 'apps/shop/src' },
} as Blueprint;
const entry = appModuleEntry(blueprint);

const IMPORTS = `import { Module } from '@nestjs/common';\nimport { Desk } from './desk/desk.js';\n`;
const moduleOf = (lists: string) =>
  formatted(`${IMPORTS}\n@Module({ ${lists} })\nexport class ShopModule {}\n`);
const formatted = (text: string) =>
  prettier.format(text, { parser: 'typescript', singleQuote: true, printWidth: 110 });

describe("the entry in an app's module", () => {
  it('is a controller with a sorted import', async () => {
    const text = await moduleOf('controllers: [Desk]');
    expect(await formatted(entry.add(text, blueprint))).toBe(
      await formatted(
        text
          .replace('[Desk]', '[Desk, CouponProcessor]')
          .replace(
            'import { Desk }',
            "import { CouponProcessor } from './coupon/coupon.processor.js';\nimport { Desk }",
          ),
      ),
    );
  });

  it.each([
    'controllers: [Desk]',
    'imports: [], controllers: [Desk, /* the last */ Till],',
    'imports: [Store], providers: []',
    'imports: [Store]',
    'controllers: [\n// one a line\nDesk,\nTill,\n], providers: []',
  ])('is removed without a trace from { %s }', async (lists) => {
    const text = await moduleOf(lists);
    const added = await formatted(entry.add(text, blueprint));
    expect(added).toMatch(/controllers: \[[^\]]*CouponProcessor/);
    expect(await formatted(entry.remove(added, blueprint))).toBe(text);
    expect(entry.remove(text, blueprint)).toBe(text);
  });

  it.each(['providers: []', 'imports: [A, { imports: [B] }]'])('has no place in { %s }', async (lists) => {
    const text = await moduleOf(lists);
    expect(() => entry.add(text, blueprint)).toThrow(GeneratorError);
  });
});
