import type { Broker } from '@cascade/embedded-broker';
import { startTestBroker } from '../broker/broker.js';
import { TestChannels } from '../events/channels.js';

/**
 * Service under test with a separate broker. The properties are set before the first spec, so read them only in specs and hooks.
 */
export interface ProcessorTest<Service> {
  service: Service;
  channels: TestChannels;
}

/**
 * Defines specs that test the processors of a service through their channels. Starts a broker and the service before the specs,
 * and stops both after the specs.
 *
 * @param start Starts the service. Resolves when its processors consume, so that the streams exist.
 */
export function describeProcessor<Service extends { stop(): Promise<unknown> }>(
  name: string,
  start: (natsUrl: string) => Promise<Service>,
  specs: (test: ProcessorTest<Service>) => void,
): void {
  // Uses the global functions of Jest, because tools import this library outside Jest. `@jest/globals` can be imported only
  // inside Jest.
  const { afterAll, beforeAll, describe } = globalThis as unknown as typeof import('@jest/globals');
  describe(name, () => {
    const test: Partial<ProcessorTest<Service>> = {};
    let broker: Broker | undefined;
    beforeAll(async () => {
      broker = await startTestBroker();
      test.service = await start(broker.url);
      test.channels = await TestChannels.connect(broker.url);
    }, 60_000);
    afterAll(async () => {
      await test.channels?.close();
      await test.service?.stop();
      await broker?.stop();
    });
    specs(test as ProcessorTest<Service>);
  });
}
