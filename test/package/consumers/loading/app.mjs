import { createRequire, register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import reportLoaded from './report-loaded.cjs';

// Modules are seen by a hook, what they require in CommonJS stands in the cache of `require`.
const { port1, port2 } = new MessageChannel();
register('./note-loaded.mjs', import.meta.url, { data: { port: port2 }, transferList: [port2] });
const { cache } = createRequire(import.meta.url);
const modules = new Set();

await reportLoaded({
  load: (name) => import(name),
  list: () => {
    for (let note = receiveMessageOnPort(port1); note !== undefined; note = receiveMessageOnPort(port1)) {
      modules.add(fileURLToPath(note.message));
    }
    return [...new Set([...modules, ...Object.keys(cache)])];
  },
});
port1.close();
