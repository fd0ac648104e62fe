import { createClient } from '@mayfly/client';

// Submits a Python program, prints what it prints while it runs, then its result.
// Run it beside `npx mayfly dev`, with the key that it shows:
//   MAYFLY_API_KEY=… node examples/first-task/first-task.ts
const mayfly = createClient({
  url: process.env['MAYFLY_SERVER'] ?? 'http://127.0.0.1:2424',
  apiKey: process.env['MAYFLY_API_KEY'],
});

const task = await mayfly.submit({
  type: 'code.run',
  ttlMs: 5000,
  description: 'count the words of a text',
  params: {
    runtime: 'python',
    stdin: 'mayflies live a day\nand that is enough\n',
    code: 'import sys\nwords = sys.stdin.read().split()\nprint(len(words), "words")\n',
  },
});

for await (const event of mayfly.followOutput(task.id)) {
  if (event.kind === 'output') process.stdout.write(event.data);
}

const { status, result } = await mayfly.wait(task.id);
console.log(status, JSON.stringify(result));
