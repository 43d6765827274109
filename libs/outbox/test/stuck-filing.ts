import 'reflect-metadata';
import { Filing, startFilingService, type FilingServiceOptions } from './filing-service.js';

// Files notes, and hangs when the first note is committed but not acknowledged. Runs until the process is killed.
const service = await startFilingService(JSON.parse(process.argv[2] ?? '') as FilingServiceOptions);
service.get(Filing).afterWork = () => {
  console.log('committed');
  return new Promise(() => undefined);
};
console.log('filing');
