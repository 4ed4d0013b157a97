/** One entry of a simulated repository. */
export type FixtureEntry =
  | { readonly kind: 'file'; readonly path: string; readonly content: string | Uint8Array }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'submodule'; readonly path: string; readonly commit: string };

const file = (path: string, content: string | Uint8Array): FixtureEntry => ({ kind: 'file', path, content });

const README = `# hello-world

A repository for trying things out. See [the guide](docs/guide.md).
`;

const GREETING = `export interface Greeting {
  readonly text: string;
}

/** Says hello to somebody. */
export function sayHello(name: string): Greeting {
  return { text: \`Hello, \${name}!\` };
}

export function sayGoodbye(name: string): Greeting {
  return { text: \`Goodbye, \${name}!\` };
}
`;

/** Made up, and in no service's form but by its looks. */
export const PLANTED_TOKEN = `ghp_${'0aB1cD2eF3'.repeat(4).slice(0, 36)}`;

/** Longer than the 1 MB up to which GitHub sends a file inside JSON, with a last line that can be told. */
const LARGE_TEXT = `${'0123456789abcdef\n'.repeat(70_000)}the last line of the large file\n`;

/** Every kind of entry a contents call can meet. */
export const HELLO_WORLD: readonly FixtureEntry[] = [
  file('README.md', README),
  file('docs/guide.md', 'Line one of the guide.\nLine two.\nLine three.\n'),
  file('src/greeting.ts', GREETING),
  file('src/greeting.test.ts', "import { sayHello } from './greeting.ts';\n\nsayHello('octocat');\n"),
  file('src/legacy.js', 'function sayHello(name) {\n  return "Hello, " + name;\n}\n'),
  file('config/leaked.env', `GREETING=hello\nGITHUB_TOKEN=${PLANTED_TOKEN}\n`),
  file('docs/überblick/naïve café.md', 'Ein Überblick über alles, mit Umlauten.\n'),
  file('docs/latin-1.txt', Uint8Array.from([0x63, 0x61, 0x66, 0xe9, 0x0a])),
  file('assets/pixel.png', Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])),
  file('data/large.txt', LARGE_TEXT),
  file('empty.txt', ''),
  file('.gitmodules', '[submodule "vendor/lib"]\n\tpath = vendor/lib\n\turl = https://example.com/lib.git\n'),
  { kind: 'submodule', path: 'vendor/lib', commit: '1234567890123456789012345678901234567890' },
  { kind: 'symlink', path: 'LINK.md', target: 'README.md' },
  { kind: 'symlink', path: 'docs/outside', target: '/etc/hostname' },
  // More than a directory listing shows; all alike, so that git keeps and reads them once.
  ...Array.from({ length: 1005 }, (_, index) => file(`many/${String(index).padStart(4, '0')}.txt`, 'one\n')),
];

/** What another branch holds. */
export const HELLO_WORLD_NEXT: readonly FixtureEntry[] = [file('README.md', '# hello-world, next\n')];

export const SECRET_PLANS: readonly FixtureEntry[] = [
  file('plan.md', '# Plan\n\nThe launch codeword is marmalade.\n'),
  file('src/plan.ts', 'export const codeword = "marmalade";\n'),
];

export const PLATFORM: readonly FixtureEntry[] = [
  file('service.ts', 'export function sayHello(): string {\n  return "hello from acme";\n}\n'),
];
