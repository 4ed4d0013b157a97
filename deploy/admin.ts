// The command line of the admin API: npm run admin -- <command>

import { runAdmin } from './admin/index.ts';

process.exitCode = await runAdmin(process.argv.slice(2), process.env, (line) => {
  console.log(line);
});
