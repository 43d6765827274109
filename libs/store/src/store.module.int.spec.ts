import { describeStores } from '@cascade/testing';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, it } from '@jest/globals';
import { migrations, notes } from '../test/notes.js';
import { Store } from './store.js';
import { StoreModule } from './store.module.js';

@Injectable()
class Notebook {
  constructor(readonly store: Store<{ notes: typeof notes }>) {}
}

@Module({ providers: [Notebook] })
class NotebookModule {}

describeStores((databases) => {
  it('provides the open store to every module, and closes it with the application', async () => {
    const app = await NestFactory.createApplicationContext(
      {
        module: NotebookModule,
        imports: [StoreModule.forRoot({ schema: { notes }, migrations, ...(await databases.create()) })],
      },
      { logger: false },
    );
    const { store } = app.get(Notebook);
    await store.db.insert(notes).values({ id: 1, text: 'by a module' });
    await expect(store.ready()).resolves.toBeUndefined();

    await app.close();
    await expect(store.ready()).rejects.toThrow('it was closed');
  });
});
