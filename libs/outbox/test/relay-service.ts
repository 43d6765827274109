import 'reflect-metadata';
import { startNotebookService, type NotebookServiceOptions } from './notebook-service.js';

// Publishes the events of the outbox to the broker until the process is killed.
await startNotebookService(JSON.parse(process.argv[2] ?? '') as NotebookServiceOptions);
console.log('relaying');
