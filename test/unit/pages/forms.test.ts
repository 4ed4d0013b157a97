import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

/** Forms that need no tick, by what they post to, with the reason. All others must carry the box. */
const HARMLESS: Readonly<Record<string, string>> = {
  'account-page.ts model.signOut.action': 'ends only the session of this page',
  'account-page.ts model.action': 'asks GitHub who somebody is; nothing is given by it',
  'account-page.ts grant.revoke.action':
    'ends one access of the person, which can be allowed again at any time; nothing is given by it',
};

/** Every form in the sources of the gateway that posts: where it is, what it posts to, and what stands in it. */
function postedForms() {
  const files = globSync('gateway/**/*.ts', { cwd: ROOT });
  return files.flatMap((file) => {
    const source = readFileSync(join(ROOT, file), 'utf8');
    return [...source.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = '', content = '']) => {
      const action = /action="\$\{([^}]*)\}"/.exec(attributes)?.[1] ?? attributes;
      return { name: `${file.split('/').at(-1) ?? ''} ${action}`, content };
    });
  });
}

describe('S4: forms that people press', () => {
  it('each carries the box that a click meant for another window cannot tick, or is known to be harmless', () => {
    const forms = postedForms();
    const boxless = forms.filter(({ content }) => !content.includes('${confirmBox(')).map(({ name }) => name);
    expect(boxless.sort()).toEqual(Object.keys(HARMLESS).sort());
    expect(forms.length - boxless.length).toBe(3);
  });

  it('are the only ones: no form is made in pieces, and none is sent by a link or a script', () => {
    for (const file of globSync('gateway/**/*.ts', { cwd: ROOT })) {
      const source = readFileSync(join(ROOT, file), 'utf8');
      expect(source.split('<form').length, file).toBe(source.split('</form>').length);
      expect(source, file).not.toMatch(/autofocus|formaction|<script|\bon(?:click|load)=/);
    }
  });
});
