import type { RunCommand } from './command.ts';

/** A program outside npm that some suites run for real. */
export interface SystemPart {
  readonly name: string;
  readonly binary: string;
  readonly debianPackage: string;
  readonly neededBy: string;
}

/** Every system part the full run needs. */
export const SYSTEM_PARTS: readonly SystemPart[] = [
  { name: 'Redis', binary: 'redis-server', debianPackage: 'redis-server', neededBy: 'the store suites' },
  {
    name: 'Redis Sentinel',
    binary: 'redis-sentinel',
    debianPackage: 'redis-sentinel',
    neededBy: 'the store suites',
  },
  { name: 'redis-cli', binary: 'redis-cli', debianPackage: 'redis-tools', neededBy: 'the store suites' },
  { name: 'OpenSSL', binary: 'openssl', debianPackage: 'openssl', neededBy: 'suites with TLS' },
  {
    name: 'Git',
    binary: 'git',
    debianPackage: 'git',
    neededBy: 'the simulated GitHub, which serves repositories from disk',
  },
  {
    name: 'Chromium',
    binary: 'chromium',
    debianPackage: 'chromium',
    neededBy: 'the browser suite',
  },
  {
    name: 'nginx',
    binary: 'nginx',
    debianPackage: 'nginx-light',
    neededBy: 'the suites behind a load balancer',
  },
  {
    name: 'HAProxy',
    binary: 'haproxy',
    debianPackage: 'haproxy',
    neededBy: 'the suites behind a load balancer',
  },
  { name: 'curl', binary: 'curl', debianPackage: 'curl', neededBy: 'the suite of real clients' },
  {
    name: 'Java',
    binary: 'javac',
    debianPackage: 'default-jdk-headless',
    neededBy: 'the suite of real clients',
  },
];

export interface SystemPartsResult {
  readonly ok: boolean;
  /** Empty when nothing was missing; otherwise what was installed, or what is missing and for whom. */
  readonly output: string;
}

export interface SystemPartsHost {
  readonly run: RunCommand;
  readonly isRoot: boolean;
}

/**
 * Makes sure that each part answers to its name: installs what is missing with apt-get where the run is root on
 * Debian or Ubuntu, and elsewhere names exactly what is missing. Nothing is skipped silently.
 */
export async function ensureSystemParts(
  parts: readonly SystemPart[],
  host: SystemPartsHost,
): Promise<SystemPartsResult> {
  const missing = await findMissing(parts, host.run);
  if (missing.length === 0) return { ok: true, output: '' };
  const canInstall = host.isRoot && (await isInstalled('apt-get', host.run));
  if (!canInstall) return { ok: false, output: nameMissing(missing) };

  const packages = missing.map((part) => part.debianPackage);
  await host.run('apt-get', ['update', '-qq']);
  const install = await host.run('env', [
    'DEBIAN_FRONTEND=noninteractive',
    ...['apt-get', 'install', '-y', '-qq', '--no-install-recommends'],
    ...packages,
  ]);
  const stillMissing = await findMissing(missing, host.run);
  if (stillMissing.length > 0) {
    return { ok: false, output: `${install.output}\n${nameMissing(stillMissing)}` };
  }
  return { ok: true, output: `installed ${packages.join(', ')}` };
}

async function findMissing(parts: readonly SystemPart[], run: RunCommand): Promise<SystemPart[]> {
  const missing: SystemPart[] = [];
  for (const part of parts) {
    if (!(await isInstalled(part.binary, run))) missing.push(part);
  }
  return missing;
}

async function isInstalled(binary: string, run: RunCommand): Promise<boolean> {
  const { exitCode } = await run('sh', ['-c', 'command -v "$1"', 'sh', binary]);
  return exitCode === 0;
}

function nameMissing(parts: readonly SystemPart[]): string {
  return parts
    .map(
      (part) =>
        `missing: ${part.name} (program ${part.binary}, Debian package ${part.debianPackage}), needed by ${part.neededBy}`,
    )
    .join('\n');
}
