/** Escapes text for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1f2328}
.note{background:#fff8c5;border:1px solid #d4a72c;padding:.5rem .75rem;border-radius:6px}
button{font:inherit;padding:.5rem 1rem;margin:.25rem .25rem .25rem 0;border-radius:6px;border:1px solid #59636e;background:#f6f8fa;cursor:pointer}
button.hinted{background:#1f883d;border-color:#1f883d;color:#fff}
fieldset{border:1px solid #d1d9e0;border-radius:6px;margin:1rem 0}code{overflow-wrap:anywhere}`;

/** A whole page that says on every view that no real GitHub is behind it. */
export function page(title: string, content: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)} · GitHub simulator</title><style>${STYLE}</style></head>
<body>
<p class="note" role="note"><strong>GitHub simulator.</strong> This is not GitHub. It knows no real accounts: never type a real password or token here.</p>
<main><h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`;
}
