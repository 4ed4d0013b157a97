// `npm run demo`: everything on this machine, with a simulated GitHub and no values to supply.

import { checkOnce, runDemo } from './demo/index.ts';
import { parseDemoArguments, runMainProgram } from './launcher/index.ts';

await runMainProgram(async () => {
  const options = {
    ...parseDemoArguments(process.argv.slice(2)),
    env: process.env,
    print: (line: string) => {
      console.log(line);
    },
  };
  if (!options.check) await runDemo(options);
  else if (!(await checkOnce(options))) process.exitCode = 1;
});
