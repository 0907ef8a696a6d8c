/** The playground as a visitor has it: built, served under its policy, in Chromium. */
import { describe, expect, test } from 'vitest';
import { describePlayground, visit } from './visit.ts';

describePlayground('the playground', (place) => {
  describe('watch', () => {
    test('starts by itself, remembers with FAM, forgets without, and is made to forget', async () => {
      await using visitor = await visit(place(), '#/watch?seed=1');
      const { page } = visitor;
      const fam = page.locator('.answer-card.fam');
      const window = page.locator('.answer-card.bswa');
      await window.getByText('0 of 16 texts recall their key').waitFor();
      expect(await fam.locator('.texts p').textContent()).toContain('16 of 16');
      await page.getByRole('button', { name: 'Swap FAM' }).click();
      await fam.getByText('The key of text 2.').waitFor();
      await page.getByRole('button', { name: 'Erase FAM' }).click();
      await fam.getByText('0 of 16 texts recall their key').waitFor();
      expect(visitor.complaints).toEqual([]);
    });
  });
});
