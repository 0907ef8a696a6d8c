/** Plain JSON, of which a safetensors header is made: whole numbers, strings, arrays and objects that name no key twice. */

/**
 * Parses plain JSON of at most `depth` levels. Unlike `JSON.parse` it refuses a repeated key instead of keeping the last,
 * and deep nesting before it costs memory.
 *
 * @throws SyntaxError saying what stands where
 */
export function parsePlainJson(text: string, depth: number): unknown {
  const open: Set<string>[] = [];
  let lastString = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '"') {
      const start = i++;
      while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
      lastString = text.slice(start, i + 1);
    } else if (character === '{' || character === '[') {
      if (open.push(new Set()) > depth) throw new SyntaxError(`more than ${depth} levels at character ${i}`);
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === ':') {
      // Outside strings a colon follows a key and nothing else; what is no valid JSON at all is left to JSON.parse.
      const key: unknown = JSON.parse(lastString);
      const keys = open.at(-1);
      if (keys?.has(String(key)))
        throw new SyntaxError(`the key ${lastString} twice, again at character ${i}`);
      keys?.add(String(key));
    } else if (!/[\s,0-9]/.test(character)) {
      throw new SyntaxError(`${JSON.stringify(character)} at character ${i}`);
    }
  }
  return JSON.parse(text);
}
