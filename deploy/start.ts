// `npm start`: gateway and workers on this machine, against the real GitHub with an app of yours.

import { parseStartArguments, runMainProgram, runStart } from './launcher/index.ts';

await runMainProgram(async () => {
  await runStart({
    ...parseStartArguments(process.argv.slice(2)),
    env: process.env,
    print: (line) => {
      console.log(line);
    },
  });
});
