import { createHash } from 'node:crypto';
import { html, Html } from './html.ts';

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d1d9e0;--card:#fff;--back:#f3f5f8;--go:#1f6f43;--go-ink:#fff;--warn:#7a4b00;--warn-back:#fff4dc;--done:#17583a;--done-back:#e4f4ea;--stop:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e9edf1;--soft:#9ba6b2;--line:#3a434e;--card:#171c22;--back:#0e1216;--go:#3fa56b;--go-ink:#06130b;--warn:#f2c46d;--warn-back:#2c2411;--done:#9adbb5;--done-back:#14261c;--stop:#ff8f86}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif;display:grid;min-height:100vh;place-items:center;padding:1.25rem}
main{width:100%;max-width:34rem;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.75rem}
h1{font-size:1.3rem;line-height:1.3;margin:0 0 .75rem}
h2{font-size:1.1rem;line-height:1.3;margin:2.25rem 0 .5rem}
h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
p{margin:.5rem 0}
.soft{color:var(--soft);font-size:.9rem}
time,time+.soft{white-space:nowrap}
dl{margin:1rem 0;border-top:1px solid var(--line)}
dl>div{display:grid;grid-template-columns:8.5rem 1fr;gap:.75rem;padding:.6rem 0;border-bottom:1px solid var(--line)}
@media (max-width:30rem){dl>div{grid-template-columns:1fr;gap:.1rem}main{padding:1.25rem}}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
ul{margin:0;padding-left:1.1rem}
code{font:.92em ui-monospace,monospace}
.note{background:var(--warn-back);color:var(--warn);border-radius:8px;padding:.65rem .85rem;margin:1rem 0}
.note strong{white-space:nowrap}
.note a,.done a{color:inherit}
.done{background:var(--done-back);color:var(--done);border-radius:8px;padding:.65rem .85rem;margin:1rem 0}
.row{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;justify-content:space-between}
.item{border:1px solid var(--line);border-radius:8px;padding:1rem;margin:1rem 0}
.item p{margin:0;overflow-wrap:anywhere}
.item form+dl{margin-top:2rem}
.line{list-style:none;padding:0 0 0 1rem;margin:1rem 0;border-left:2px solid var(--line)}
.line li{margin:0 0 1.25rem;overflow-wrap:anywhere}
.line p{margin:.15rem 0}
fieldset{border:1px solid var(--line);border-radius:8px;margin:1rem 0;padding:.5rem .9rem .8rem}
legend{padding:0 .35rem;color:var(--soft);font-size:.9rem}
label.confirm{border:1px solid var(--soft);border-radius:8px;margin:1.25rem 0 1rem;padding:.75rem .9rem;font-weight:600}
.confirm strong{white-space:nowrap}
.confirm input{width:1.15rem;height:1.15rem;flex:none;align-self:start;margin:.15rem 0 0;accent-color:var(--go)}
label{display:flex;gap:.6rem;align-items:baseline;padding:.25rem 0}
.claimed{display:inline-block;max-width:100%;overflow-wrap:anywhere;font-weight:600;border:1px solid var(--line);border-radius:6px;padding:.1rem .5rem}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}
button,.button{font:inherit;padding:.6rem 1.1rem;border-radius:8px;border:1px solid var(--line);background:transparent;color:inherit;cursor:pointer;text-decoration:none;display:inline-block}
.go{background:var(--go);border-color:var(--go);color:var(--go-ink);font-weight:600}
.stop{border-color:var(--stop);color:var(--stop);font-weight:600}
.code{font:1.4rem/1.4 ui-monospace,monospace;letter-spacing:.1em;width:100%;padding:.6rem .8rem;border:1px solid var(--soft);border-radius:8px;background:var(--back);color:inherit;text-transform:uppercase}
button:focus-visible,a:focus-visible,input:focus-visible{outline:3px solid var(--go);outline-offset:2px}
`;

// One string: the hash covers every character between the tags, also blanks a formatter would put there.
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * Headers of every HTML answer. No `form-action`: Chromium applies it to the whole redirect chain after a POST
 * and would block the hop to GitHub and to the client. `same-origin` referrers: under `no-referrer` browsers
 * post `Origin: null`, which the consent form must refuse.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'`,
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
};

/** A whole document. The style is a constant, allowed by its hash. */
export function page(title: string, body: Html): string {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `;
  return document.text;
}
